// Finds pages by their words. Letters are compared without case and accents, as the index has them.
(() => {
  "use strict";
  const form = document.querySelector("form.search");
  if (!form) return;
  const input = form.querySelector("input");
  const list = form.querySelector("ul");
  const root = new URL(".", document.currentScript.src);
  const other = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i", ħ: "h", ŋ: "n", ŧ: "t", ς: "σ" };
  const fold = (text) =>
    text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[ßæœøłđðþıħŋŧς]/g, (c) => other[c])
      .replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  let pages;
  let chosen = -1;
  const load = () =>
    (pages ||= fetch(new URL("search.json", root))
      .then((answer) => answer.json())
      .then((index) => index.pages.map((page) => ({ ...page, title: fold(page.t) })))
      .catch(() => { pages = undefined; return []; }));
  const show = (open) => { list.hidden = !open; input.setAttribute("aria-expanded", open); if (!open) choose(-1); };
  const choose = (place) => {
    const all = list.querySelectorAll("a");
    if (all[chosen]) all[chosen].parentNode.removeAttribute("aria-selected");
    chosen = all.length && place >= 0 ? place % all.length : -1;
    if (chosen < 0) return input.removeAttribute("aria-activedescendant");
    const item = all[chosen].parentNode;
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item.id);
  };
  const find = async () => {
    const words = fold(input.value).split(" ").filter(Boolean);
    if (!words.length) return show(false);
    const all = await load();
    if (words.join(" ") !== fold(input.value)) return;
    const found = [];
    for (const page of all) {
      let points = 0;
      for (const word of words) {
        const at = page.title.indexOf(word);
        const point = at === 0 ? 8 : at > 0 ? 5 : page.s.includes(word) ? 1 : 0;
        if (!point) { points = 0; break; }
        points += point;
      }
      if (points) found.push([points, page]);
    }
    found.sort((a, b) => b[0] - a[0]);
    list.replaceChildren(...found.slice(0, 12).map(([, page], place) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      item.id = "_found-" + place;
      item.setAttribute("role", "option");
      link.href = new URL(page.u || ".", root);
      link.textContent = page.t;
      link.tabIndex = -1;
      item.append(link);
      return item;
    }));
    if (!found.length) {
      const item = document.createElement("li");
      item.textContent = form.dataset.none;
      list.append(item);
    }
    chosen = -1;
    show(true);
  };
  input.addEventListener("focus", load, { once: true });
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => {
    const count = list.querySelectorAll("a").length;
    if (event.key === "Escape") { input.value = ""; show(false); }
    else if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen > 0 ? chosen - 1 : count - 1);
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const link = list.querySelectorAll("a")[Math.max(chosen, 0)];
    if (!list.hidden && link) location.href = link.href;
  });
  form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) show(false); });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  form.classList.add("ready");
})();
