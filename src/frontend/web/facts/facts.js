import { syncChildren } from "../common/keyed_children.js";

function createFact() {
  const fact = document.createElement("div");
  fact.append(document.createElement("dt"), document.createElement("dd"));
  fact.lastChild.append(document.createElement("span"), document.createElement("small"));
  return fact;
}

function updateFact(fact, { name, value, remark }) {
  fact.querySelector("dt").textContent = name;
  fact.querySelector("span").textContent = value;
  fact.querySelector("span").dir = "auto";
  fact.querySelector("small").textContent = remark;
}

export default function showFacts({ data, parentElement: root }) {
  root.querySelector("section").classList.toggle("large", data.large);
  root.querySelector("h2").textContent = data.title;
  syncChildren(root.querySelector("dl"), data.facts, {
    keyOf: (fact) => fact.name,
    create: createFact,
    update: updateFact,
  });
}
