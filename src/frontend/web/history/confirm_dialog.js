import { formatText } from "../common/translator.js";

// Asks in a dialog before something is done to recordings. Resolves to what was typed, to true
// where there is nothing to type, or to null.
export function confirm(visit, kind, rows) {
  const { labels, limits } = visit.data;
  const dialog = visit.root.querySelector("dialog");
  const field = dialog.querySelector(".field");
  const input = field.querySelector("input");
  const asksForText = kind === "tag";
  const count = rows.length;
  dialog.querySelector("h2").textContent = formatText(labels[`${kind}_question`], { count });
  dialog.querySelector(".subject").textContent = count === 1 ? rows[0].name : "";
  dialog.querySelector(".consequence").textContent = labels[`${kind}_consequence`];
  field.hidden = !asksForText;
  field.querySelector("span").textContent = labels.tag;
  input.value = "";
  input.maxLength = limits.tag;
  input.required = asksForText;
  dialog.querySelector(".no").textContent = labels.dismiss;
  dialog.querySelector(".no").onclick = () => dialog.close("");
  dialog.querySelector(".yes").textContent = labels[`${kind}_yes`];
  dialog.querySelector(".yes").classList.toggle("danger", kind === "delete");
  dialog.returnValue = "";
  dialog.showModal();
  (asksForText ? input : dialog.querySelector(".no")).focus();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      const agreed = dialog.returnValue === "yes";
      if (!agreed) resolve(null);
      else resolve(asksForText ? input.value.trim() || null : true);
    };
  });
}
