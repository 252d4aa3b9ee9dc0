// Shows what is new without a reload.
const inbox = document.getElementById("inbox");
let isLoading = false;
let isStale = false;

async function refresh() {
  isStale = true;
  if (isLoading) return;
  isLoading = true;
  while (isStale) {
    isStale = false;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const content = page.getElementById("inbox");
      if (content && content.innerHTML !== inbox.innerHTML) inbox.replaceChildren(...content.childNodes);
    } catch {
      // The platform is gone; the event source asks again.
    }
  }
  isLoading = false;
}

const events = new EventSource("/_local/mail/live");
events.onopen = refresh;
events.onmessage = refresh;
