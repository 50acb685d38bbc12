// A served page asks whether the store has something new, and if so takes over the new contents. What the reader chose stays.
"use strict";
(() => {
  const every = 2000; // milliseconds
  const status = document.querySelector(".live");
  let timer;

  async function ask() {
    try {
      status.textContent = await current() ? "live" : "the store cannot be read now";
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // which fetch throws where nobody answers
      status.textContent = "the server has ended; this is what it showed last";
    }
    clearTimeout(timer);
    timer = setTimeout(ask, every);
  }

  // current makes the page that of the store as it is, and reports whether it could be read.
  async function current() {
    const version = await fetch("version", { cache: "no-store" });
    if (!version.ok) return false;
    if (await version.text() === document.getElementById("content").dataset.version) return true;
    const page = await fetch("./", { cache: "no-store" });
    if (!page.ok) return false;
    renew(await page.text());
    return true;
  }

  function renew(text) {
    const next = new DOMParser().parseFromString(text, "text/html"); // which runs no script
    const old = document.getElementById("content");
    const fresh = document.importNode(next.getElementById("content"), true);
    const focus = document.activeElement?.id, caret = document.activeElement?.selectionStart, position = [scrollX, scrollY];
    const nameOf = (d) => `${d.closest("[id]").id} ${d.querySelector("summary").textContent}`;
    const open = new Set([...old.querySelectorAll("details[open]")].map(nameOf));
    const sides = new Map([...old.querySelectorAll(".frame")].map((f) => [f.getAttribute("aria-labelledby"), f.scrollLeft]));
    document.title = next.title;
    old.replaceWith(fresh);
    document.dispatchEvent(new CustomEvent("page:show", { detail: fresh }));
    for (const d of fresh.querySelectorAll("details")) d.open = open.has(nameOf(d));
    for (const f of fresh.querySelectorAll(".frame")) f.scrollLeft = sides.get(f.getAttribute("aria-labelledby")) ?? 0;
    const focused = focus ? document.getElementById(focus) : null;
    focused?.focus({ preventScroll: true });
    if (typeof caret === "number") focused?.setSelectionRange?.(caret, caret);
    scrollTo({ left: position[0], top: position[1], behavior: "instant" });
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) ask();
  });
  ask();
})();
