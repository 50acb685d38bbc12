// The table of all records: sorts by each column, filters, and shows a page at a time, so that ten thousand rows are as quick as ten.
"use strict";
(() => {
  const perPage = 50;
  const groups = ["result", "model", "sizes", "time", "provenance"];
  const selects = ["protocol", "data", "kind", "state"];
  const collator = new Intl.Collator("en", { numeric: true });
  // What the reader chose: it stays when a served page is renewed.
  const choice = { text: "", selects: {}, groups: new Set(["result", "provenance"]), sort: null, descending: false, page: 0, open: new Set() };

  document.addEventListener("page:show", (event) => {
    for (const element of event.detail.querySelectorAll("div.records")) show(element);
  });

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name in element && typeof value !== "string") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function show(element) {
    const { rows, columns } = JSON.parse(element.querySelector("script").textContent);
    for (const c of columns) { // as records.go leaves out what goes without saying
      if (c.kind === "number") { if (c.numbers.length === 1) c.numbers = new Array(rows).fill(c.numbers[0]); }
      else c.index ??= c.texts.length === 1 ? new Array(rows).fill(0) : c.texts.map((_, i) => i);
    }
    const byName = new Map(columns.map((c) => [c.name, c]));
    const value = (c, row) => c.kind === "number" ? c.numbers[row] : c.texts[c.index[row]];
    const formats = new Map(columns.filter((c) => c.kind === "number").map((c) => [c, new Intl.NumberFormat("en", { minimumFractionDigits: c.digits === 3 ? 0 : c.digits, maximumFractionDigits: c.digits })]));
    const written = (c, row) => { const v = value(c, row); return v === null ? "" : c.kind === "number" ? formats.get(c).format(v) : v; };
    // A cell's identity tells rows apart when they are renewed.
    const identity = (row) => value(byName.get("cell"), row);
    const texts = columns.filter((c) => c.kind !== "number").map((c) => ({ c, lower: c.texts.map((t) => t.toLowerCase()) }));

    const search = make("input", { type: "search", id: "records-search", placeholder: "subject, hash, note ...", autocomplete: "off", spellcheck: "false" });
    search.value = choice.text;
    const filters = make("div", { class: "filters" }, make("label", { for: "records-search" }, "Search", search));
    for (const name of selects) {
      const c = byName.get(name);
      const list = make("select", { id: `records-${name}` }, make("option", { value: "" }, "all"));
      c.texts.map((text, i) => [text, i]).sort((a, b) => collator.compare(a[0], b[0])).forEach(([text, i]) => {
        const short = [...text].length > 60 ? [...text].slice(0, 59).join("") + "…" : text;
        list.append(make("option", { value: String(i) }, short || "(none)"));
      });
      const chosen = c.texts.indexOf(choice.selects[name]);
      list.value = chosen < 0 ? "" : String(chosen);
      list.addEventListener("change", () => {
        choice.selects[name] = list.value === "" ? undefined : c.texts[Number(list.value)];
        choice.page = 0;
        fill();
      });
      filters.append(make("label", { for: list.id }, name[0].toUpperCase() + name.slice(1), list));
    }
    const boxes = make("fieldset", {}, make("legend", {}, "Columns"));
    for (const group of groups) {
      const box = make("input", { type: "checkbox", id: `records-group-${group}` });
      box.checked = choice.groups.has(group);
      box.addEventListener("change", () => {
        if (box.checked) choice.groups.add(group); else choice.groups.delete(group);
        head();
        fill();
      });
      boxes.append(make("label", { for: box.id }, box, group));
    }
    filters.append(boxes);
    let typing;
    search.addEventListener("input", () => {
      choice.text = search.value;
      choice.page = 0;
      clearTimeout(typing);
      typing = setTimeout(fill, 120);
    });

    const count = make("span", { id: "records-count", role: "status", "aria-live": "polite" });
    const before = make("button", { type: "button", id: "records-before" }, "Previous");
    const after = make("button", { type: "button", id: "records-after" }, "Next");
    before.addEventListener("click", () => { choice.page--; fill(); });
    after.addEventListener("click", () => { choice.page++; fill(); });
    const table = make("table", { id: "records-table" }, make("caption", {}, make("span", { id: "records-title" }, "Records: a row for each measurement. Buttons in the head sort.")));
    const top = table.createTHead().insertRow(), body = table.createTBody();
    const frame = make("div", { class: "frame", tabindex: "0", role: "region", "aria-labelledby": "records-title" }, table);
    element.replaceChildren(element.querySelector("script"), filters, frame, make("div", { class: "pager" }, before, after, count));

    const shown = () => columns.filter((c) => choice.groups.has(c.group) || c.name === "subject");

    function head() {
      top.replaceChildren(make("th", { scope: "col" }, make("span", { class: "sr" }, "details")), ...shown().map((c) => {
        const button = make("button", { type: "button", id: `sort-${columns.indexOf(c)}` }, c.name);
        const cell = make("th", { scope: "col", class: c.kind === "number" ? "number" : c.name === "subject" ? "key" : "" }, button);
        cell.dataset.column = c.name;
        button.addEventListener("click", () => {
          choice.descending = choice.sort === c.name && !choice.descending;
          choice.sort = c.name;
          choice.page = 0;
          fill();
        });
        return cell;
      }));
    }

    // matching are the rows that pass the filters, in order.
    function matching() {
      const words = choice.text.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = selects.filter((name) => choice.selects[name] !== undefined).map((name) => { const c = byName.get(name); return [c, c.texts.indexOf(choice.selects[name])]; });
      // For each word, which texts of each column have it: rows then only compare numbers.
      const hits = words.map((w) => texts.map(({ c, lower }) => [c.index, lower.map((t) => t.includes(w))]));
      const list = [];
      for (let row = 0; row < rows; row++) {
        if (wanted.every(([c, i]) => c.index[row] === i) && hits.every((of) => of.some(([index, has]) => has[index[row]]))) list.push(row);
      }
      const c = byName.get(choice.sort);
      if (c) {
        const sign = choice.descending ? -1 : 1;
        let key = (row) => c.numbers[row];
        if (c.kind !== "number") {
          const rank = new Array(c.texts.length);
          c.texts.map((_, i) => i).sort((a, b) => collator.compare(c.texts[a], c.texts[b])).forEach((i, r) => { rank[i] = c.texts[i] === "" ? null : r; });
          key = (row) => rank[c.index[row]];
        }
        // What has no value comes last, whatever the direction.
        list.sort((a, b) => { const x = key(a), y = key(b); return x === null || y === null ? (x === null) - (y === null) : sign * (x - y); });
      }
      return list;
    }

    function fill() {
      clearTimeout(typing); // what was typed is in
      const list = matching();
      const pages = Math.max(1, Math.ceil(list.length / perPage));
      choice.page = Math.min(Math.max(0, choice.page), pages - 1);
      for (const cell of top.cells) {
        if (!cell.dataset.column) continue;
        if (cell.dataset.column === choice.sort) cell.setAttribute("aria-sort", choice.descending ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      }
      const visible = shown();
      body.replaceChildren(...list.slice(choice.page * perPage, (choice.page + 1) * perPage).flatMap((row) => line(row, visible)));
      count.textContent = `${list.length} of ${rows} records${pages > 1 ? `, page ${choice.page + 1} of ${pages}` : ""}`;
      before.disabled = choice.page === 0;
      after.disabled = choice.page === pages - 1;
      before.hidden = after.hidden = pages === 1;
    }

    // line is a row, and below it all about the record if that is open.
    function line(row, visible) {
      const id = identity(row);
      const name = written(byName.get("subject"), row);
      const button = make("button", { type: "button", class: "open", id: `open-${row}` });
      const parts = [make("tr", {}, make("td", {}, button), ...visible.map((c) => {
        const text = written(c, row);
        const cell = make(c.name === "subject" ? "th" : "td", { class: c.kind === "number" ? "number" : c.kind === "hash" ? "hash" : c.name === "subject" ? "key clip" : "clip" }, c.kind === "hash" ? shortHash(text) : clipped(text));
        if (c.name === "subject") cell.scope = "row";
        return cell;
      }))];
      const toggle = () => {
        const open = choice.open.has(id);
        button.textContent = open ? "−" : "+";
        button.setAttribute("aria-expanded", String(open));
        button.setAttribute("aria-label", `All about ${clipped(name)} of ${clipped(written(byName.get("data"), row))}`);
      };
      toggle();
      button.addEventListener("click", () => {
        if (!choice.open.delete(id)) choice.open.add(id);
        toggle();
        const tr = button.closest("tr");
        if (choice.open.has(id)) tr.after(all(row, visible.length + 1)); else tr.nextElementSibling.remove();
      });
      if (choice.open.has(id)) parts.push(all(row, visible.length + 1));
      return parts;
    }

    function all(row, width) {
      const list = make("dl");
      for (const c of columns) {
        const text = written(c, row);
        if (text !== "") list.append(make("dt", {}, c.name), make("dd", { class: c.kind === "hash" ? "hash" : "" }, text));
      }
      return make("tr", { class: "all" }, make("td", { colspan: String(width) }, list));
    }

    head();
    fill();
  }

  const clipped = (text) => text.length > 120 ? text.slice(0, 119) + "…" : text;
  const shortHash = (text) => /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : clipped(text);
})();
