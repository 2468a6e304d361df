"use strict";
(() => {
  const form = document.querySelector("form");
  if (!form) return;
  const changes = [...document.querySelectorAll("article.change")].map((element) => ({
    element,
    tokens: new Set(element.dataset.tokens.split(" ")),
    words: element.textContent.toLowerCase(),
  }));
  const sections = [...document.querySelectorAll("main section")].filter((section) => section.querySelector("article.change"));
  const fields = form.elements;
  const output = form.querySelector("output");
  const choices = ["status", "section", "body"];

  function apply() {
    const wanted = choices.map((name) => fields[name].value).filter(Boolean);
    const words = fields.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const change of changes) {
      const fits = wanted.every((token) => change.tokens.has(token)) && words.every((word) => change.words.includes(word));
      change.element.hidden = !fits;
      shown += fits;
    }
    for (const section of sections) section.hidden = !section.querySelector("article.change:not([hidden])");
    document.body.className = fields.view.value;
    output.textContent = output.dataset.pattern.replace("{shown}", shown).replace("{total}", changes.length);
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
