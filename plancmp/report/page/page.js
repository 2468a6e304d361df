"use strict";
(() => {
  const form = document.querySelector("form");
  if (!form) return;
  const tokens = (element) => new Set(element.dataset.tokens.split(" "));
  const changes = [...document.querySelectorAll("article.change")].map((element) => ({
    element,
    tokens: tokens(element),
    words: element.textContent.toLowerCase(),
    lines: [...element.querySelectorAll(".line")].map((line) => ({ element: line, tokens: tokens(line) })),
  }));
  const sections = [...document.querySelectorAll("main section")].filter((section) => section.querySelector("article.change"));
  const fields = form.elements;
  const output = form.querySelector("output");
  const printed = document.querySelector(".printed");
  const choices = ["status", "section", "body"];
  const total = changes.reduce((sum, change) => sum + change.lines.length, 0);

  function apply() {
    const wanted = ["section", "body"].map((name) => fields[name].value).filter(Boolean);
    const words = fields.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const status = fields.status.value;
    let shown = 0;
    for (const change of changes) {
      const fits = wanted.every((token) => change.tokens.has(token)) && words.every((word) => change.words.includes(word));
      let fitting = 0;
      for (const line of change.lines) {
        line.element.hidden = Boolean(status) && !line.tokens.has(status);
        fitting += !line.element.hidden;
      }
      change.element.hidden = !fits || !fitting;
      if (fits) shown += fitting;
    }
    for (const section of sections) section.hidden = !section.querySelector("article.change:not([hidden])");
    document.body.className = fields.view.value;
    output.textContent = output.dataset.pattern.replace("{shown}", shown).replace("{total}", total);
    const chosen = choices.filter((name) => fields[name].value).map((name) => fields[name].selectedOptions[0].textContent);
    if (fields.words.value) chosen.push(`“${fields.words.value}”`);
    printed.textContent = chosen.length ? `${printed.dataset.label}: ${chosen.join("; ")}. ${output.textContent}` : "";
  }

  function keep() {
    const state = new URLSearchParams();
    for (const name of [...choices, "words"]) if (fields[name].value) state.set(name, fields[name].value);
    if (fields.view.value !== "side") state.set("view", fields.view.value);
    history.replaceState(null, "", String(state) ? `#?${state}` : "#");
  }

  function read() {
    if (location.hash.startsWith("#?")) {
      const state = new URLSearchParams(location.hash.slice(2));
      for (const name of [...choices, "words", "view"]) if (state.has(name)) fields[name].value = state.get(name);
    } else if (location.hash.length > 1) {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (target && target.closest("[hidden]")) {
        form.reset();
        apply();
        target.scrollIntoView();
      }
    }
    apply();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { apply(); keep(); });
  form.addEventListener("reset", () => setTimeout(() => { apply(); keep(); }));
  window.addEventListener("hashchange", read);
  form.hidden = false;
  read();
})();
