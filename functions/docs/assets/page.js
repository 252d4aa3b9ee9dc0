"use strict";

// Addresses are relative to this file, so that the page works behind any base URL and stage.
const documentUrl = new URL("../openapi.json", document.currentScript.src).href;

const dark = matchMedia("(prefers-color-scheme: dark)");
const followScheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followScheme);
followScheme();

SwaggerUIBundle({
  url: documentUrl,
  domNode: document.getElementById("api"),
  deepLinking: true,
  tryItOutEnabled: true,
  withCredentials: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // What is typed in is forgotten with the page, and the document is shown to no validator elsewhere.
  persistAuthorization: false,
  validatorUrl: null,
});
