// Addresses within the page. The language, once chosen, goes along.

export function hrefOf(parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "" && value !== null && value !== undefined) query.set(name, value);
  }
  const language = new URLSearchParams(location.search).get("lang");
  if (language && !query.has("lang")) query.set("lang", language);
  return query.size ? `/?${query}` : "/";
}

function announce() {
  // Streamlit draws the page anew by this event, as it does for the browser's own Back
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}

export function go(href) {
  if (href === location.pathname + location.search) return;
  history.pushState({}, "", href);
  announce();
  window.scrollTo(0, 0);
}

export function change(href) {
  history.replaceState({}, "", href);
  announce();
}

// A link that can be opened in another tab, and that does not load the page anew in this one.
export function link(href) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.addEventListener("click", (event) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(anchor.getAttribute("href"));
  });
  return anchor;
}
