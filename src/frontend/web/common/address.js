// Links within the page; they keep the chosen language.

export function hrefOf(parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "" && value !== null && value !== undefined) query.set(name, value);
  }
  const language = new URLSearchParams(location.search).get("lang");
  if (language && !query.has("lang")) query.set("lang", language);
  return query.size ? `/?${query}` : "/";
}

function notifyStreamlit() {
  // Streamlit redraws the page for this event, as for the browser's Back button
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}

export function navigate(href) {
  if (href === location.pathname + location.search) return;
  history.pushState({}, "", href);
  notifyStreamlit();
  window.scrollTo(0, 0);
}

export function replaceAddress(href) {
  history.replaceState({}, "", href);
  notifyStreamlit();
}

/** Return a link that changes the view without loading the page, unless opened in a new tab. */
export function link(href) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.addEventListener("click", (event) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(anchor.getAttribute("href"));
  });
  return anchor;
}
