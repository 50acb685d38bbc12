// The text of lmz explain, coloured by bits a token, and the pixels of its pictures. Text comes as JSON and is set as text only.
"use strict";
(() => {
  document.addEventListener("page:show", (event) => {
    const text = event.detail.querySelector(".lens-data");
    if (text) showText(event.detail, JSON.parse(text.textContent));
    const pixels = event.detail.querySelector(".lens-pixels");
    if (pixels) showPixels(event.detail, JSON.parse(pixels.textContent));
  });

  const number = new Intl.NumberFormat("en");

  function showText(page, data) {
    const box = page.querySelector(".lens-text");
    const detail = page.querySelector("#text .lens-detail");
    const count = data.text.length;
    const spans = new Array(count);
    const begins = new Array(count);
    const positions = new Array(count);
    const tokens = new Map(data.tokens);
    const contexts = new Map(data.contexts);
    let begin = 0, position = 0;
    for (let i = 0; i < count; i++) {
      begins[i] = begin;
      begin += data.sizes[i];
      if (contexts.has(i)) position = contexts.get(i);
      positions[i] = position;
      position += tokens.get(i) ?? 1;
    }
    const level = (bits) => {
      let i = data.levels.length - 1;
      while (i > 0 && bits < data.levels[i]) i--;
      return i;
    };

    // The text is built in pieces, so that the page can be used meanwhile. A block ends with a line, or when it is long.
    let next = 0;
    function build() {
      const until = performance.now() + 30;
      while (next < count && performance.now() < until) {
        const block = document.createElement("div");
        for (let n = 0; next < count; n++) {
          const span = document.createElement("span");
          span.className = "l" + level(data.bits[next]);
          if (contexts.has(next) && positions[next] < 2) span.classList.add("anew");
          span.textContent = data.text[next];
          span.index = next;
          spans[next] = span;
          block.append(span);
          next++;
          if (n > 1000 && data.text[next - 1].endsWith("\n") || n > 4000) break;
        }
        box.append(block);
      }
      if (next < count) setTimeout(build);
      else box.dataset.done = "true";
    }
    build();

    let here = -1;
    function show(i, scroll) {
      if (i < 0 || i >= next) return;
      spans[here]?.classList.remove("here");
      here = i;
      spans[i].classList.add("here");
      if (scroll) spans[i].scrollIntoView({ block: "center" });
      const name = document.createElement("bdi");
      name.textContent = "\u201c" + data.text[i].replace("\n", "") + "\u201d";
      const n = tokens.get(i) ?? 1;
      const chance = 2 ** -data.bits[i];
      detail.replaceChildren(name, ` ${data.bits[i].toFixed(2)} bits (probability ${chance >= 0.001 ? chance.toFixed(3) : chance.toExponential(1)})`
        + (n > 1 ? `, ${n} tokens` : "") + `, byte ${number.format(begins[i])}, ${number.format(positions[i])} tokens before it in its context`);
    }
    box.addEventListener("pointerover", (e) => { if (e.target.index !== undefined) show(e.target.index); });
    box.addEventListener("click", (e) => { if (e.target.index !== undefined) show(e.target.index); });
    box.addEventListener("keydown", (e) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (!step || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      show(Math.max(0, here + step), true);
    });
    const dear = (step) => {
      for (let i = here + step; i >= 0 && i < next; i += step) {
        if (data.bits[i] >= 8) { show(i, true); return; }
      }
    };
    page.querySelector(".dear-next").addEventListener("click", () => dear(1));
    page.querySelector(".dear-before").addEventListener("click", () => dear(-1));
    for (const button of page.querySelectorAll(".goto")) {
      button.addEventListener("click", () => {
        const at = Number(button.dataset.begin);
        let i = 0;
        while (i + 1 < count && begins[i + 1] <= at) i++;
        show(i, true);
        box.focus({ preventScroll: true });
      });
    }
  }

  function showPixels(page, encoded) {
    const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
    const detail = page.querySelector("#picture .lens-detail");
    for (const picture of page.querySelectorAll(".lens-pictures img")) {
      picture.addEventListener("pointermove", (e) => {
        const width = Number(picture.getAttribute("width")), height = Number(picture.getAttribute("height"));
        const box = picture.getBoundingClientRect();
        const x = Math.min(width - 1, Math.max(0, Math.floor((e.clientX - box.left) / box.width * width)));
        const y = Math.min(height - 1, Math.max(0, Math.floor((e.clientY - box.top) / box.height * height)));
        const eighths = bytes[y * width + x];
        detail.textContent = `Pixel ${x}, ${y}: ` + (eighths === 255 ? "not coded" : `${(eighths / 8).toFixed(1)} bits`);
      });
    }
  }
})();
