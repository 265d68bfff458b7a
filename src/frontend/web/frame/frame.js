import { hrefOf, link, replaceAddress } from "../common/address.js";
import { keepCookie } from "../common/cookies.js";
import { syncChildren } from "../common/keyed_children.js";

// where Streamlit reads the theme that its own menu, hidden here, would store
const THEME_KEY = `stActiveTheme-${location.pathname}-v2`;

function showTitle(anchor, title) {
  anchor.querySelector(".name").textContent = title;
  anchor.href = hrefOf({});
}

function showViews(nav, { views, labels }) {
  nav.ariaLabel = labels.views;
  syncChildren(nav, views, {
    keyOf: (view) => view.label,
    create: (view) => link(hrefOf(view.query)),
    update: (anchor, view) => {
      anchor.href = hrefOf(view.query);
      anchor.textContent = view.label;
      anchor.ariaCurrent = view.current ? "page" : null;
    },
  });
}

function chooseLanguage(code) {
  keepCookie(`lang=${code}`);
  const current = Object.fromEntries(new URLSearchParams(location.search));
  replaceAddress(hrefOf({ ...current, lang: code }));
}

function languageButton({ code, name }) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = code.toUpperCase();
  button.title = name;
  button.ariaLabel = `${code.toUpperCase()} (${name})`;
  button.onclick = () => chooseLanguage(code);
  return button;
}

function showLanguages(group, { languages, language, labels }) {
  group.ariaLabel = labels.language;
  syncChildren(group, languages, {
    keyOf: ({ code }) => code,
    create: languageButton,
    update: (button, { code }) => {
      button.ariaPressed = String(code === language);
    },
  });
}

function chosenTheme() {
  try {
    return JSON.parse(localStorage.getItem(THEME_KEY)) ?? "System";
  } catch {
    return "System";
  }
}

function showThemes(select, { themes, labels }) {
  select.ariaLabel = labels.theme;
  select.title = labels.theme;
  syncChildren(select, themes, {
    keyOf: ([value]) => value,
    create: ([value, label]) => new Option(label, value),
    update: (option, [, label]) => {
      option.text = label;
    },
  });
  select.value = chosenTheme();
  select.onchange = () => {
    localStorage.setItem(THEME_KEY, JSON.stringify(select.value));
    location.reload();
  };
}

/** Announce a new view to screen readers, which by themselves announce only new pages. */
function announceView(announcement, { here }) {
  const before = announcement.dataset.here;
  announcement.dataset.here = here;
  if (before && before !== here) announcement.textContent = here;
}

function describeDocument({ language }) {
  document.documentElement.lang = language;
  document.querySelector("[data-testid=stMain]")?.setAttribute("role", "main");
}

export default function showFrame({ data, parentElement: root }) {
  const bar = root.querySelector(".bar");
  if (!bar.querySelector(".home")) {
    const home = link("/");
    home.className = "home";
    home.append(...bar.querySelector("template").content.cloneNode(true).childNodes);
    bar.prepend(home);
  }
  showTitle(bar.querySelector(".home"), data.title);
  showViews(bar.querySelector("nav"), data);
  showLanguages(bar.querySelector(".languages"), data);
  showThemes(bar.querySelector(".themes"), data);
  if (data.cookie) keepCookie(data.cookie);
  announceView(root.querySelector(".announcement"), data);
  describeDocument(data);
}
