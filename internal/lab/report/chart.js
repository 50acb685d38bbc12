// Draws the figures of a page (package figure's data) with Observable Plot. A series has a colour, a symbol and a dash; its button in the
// legend shows or hides it. Axes of positive numbers can be linear or logarithmic.
"use strict";
(() => {
  const symbols = ["circle", "square", "triangle", "diamond", "cross", "star", "wye", "times"];
  const dashes = ["none", "7 3", "2 3", "9 3 2 3", "12 4", "4 2 1 2 1 2", "1 4", "14 3 3 3"];
  // styleOf is how series i looks. Those that are steps of one quantity go from dark to light, or on a dark page from deep to bright.
  const styleOf = (figure, i) => ({
    colour: `var(--${figure.ordered ? "step" : "series"}-${figure.ordered ? i + 1 : i % 8 + 1})`,
    symbol: symbols[(i + Math.floor(i / 8)) % 8],
    dash: dashes[(i + 2 * Math.floor(i / 8)) % 8],
  });
  // What a reader chose, by the figure's id: it stays when a served page is renewed.
  const choices = new Map();

  document.addEventListener("page:show", (event) => {
    for (const element of event.detail.querySelectorAll("figure.chart")) show(element);
  });

  function show(element) {
    const figure = JSON.parse(element.querySelector("script[type='application/json']").textContent);
    figure.layers ??= [];
    for (const layer of figure.layers) layer.data ??= [];
    const series = [...new Set(figure.layers.map((l) => l.series).filter(Boolean))];
    const choice = choices.get(element.id) ?? { hidden: new Set(), x: Boolean(figure.x.log), y: Boolean(figure.y.log) };
    choices.set(element.id, choice);
    if (figure.ordered) {
      series.forEach((_, i) => {
        const at = series.length > 1 ? i / (series.length - 1) : 0;
        element.style.setProperty(`--step-${i + 1}`, `light-dark(${d3.interpolateViridis(0.56 * at)}, ${d3.interpolateViridis(0.4 + 0.6 * at)})`);
      });
    }
    const canvas = element.querySelector(".chart-canvas");
    let width = 0;
    const draw = () => {
      width = Math.round(canvas.clientWidth);
      if (width < 100) return; // it is not shown
      canvas.replaceChildren(plot(figure, series, choice, width));
    };
    tools(element, figure, series, choice, draw);
    table(element, figure);
    draw();
    const observer = new ResizeObserver(() => {
      if (!canvas.isConnected) observer.disconnect(); // the page was renewed
      else if (Math.round(canvas.clientWidth) !== width) draw();
    });
    observer.observe(canvas);
  }

  // tools makes the legend and the buttons of the scales.
  function tools(element, figure, series, choice, draw) {
    const bar = element.querySelector(".chart-tools");
    bar.replaceChildren(...(series.length > 1 ? series : []).map((name) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(swatch(figure, name, styleOf(figure, series.indexOf(name))), text("span", name));
      button.setAttribute("aria-pressed", String(!choice.hidden.has(name)));
      button.addEventListener("click", () => {
        if (!choice.hidden.delete(name)) choice.hidden.add(name);
        button.setAttribute("aria-pressed", String(!choice.hidden.has(name)));
        draw();
      });
      return button;
    }));
    if (figure.z) bar.append(ramp(figure));
    const scales = document.createElement("span");
    scales.className = "scales";
    for (const axis of ["x", "y"]) {
      if (!canBeLog(figure, axis)) continue;
      const button = document.createElement("button");
      button.type = "button";
      const label = () => { button.textContent = `${axis}: ${choice[axis] ? "log" : "linear"}`; button.setAttribute("aria-label", `Axis ${axis} is ${choice[axis] ? "logarithmic" : "linear"}: change it`); };
      label();
      button.addEventListener("click", () => { choice[axis] = !choice[axis]; label(); draw(); });
      scales.append(button);
    }
    if (scales.childElementCount) bar.append(scales);
  }

  // ramp is the legend of Z.
  function ramp(figure) {
    const [low, high] = colours(figure), steps = 32, width = 128;
    const svg = d3.create("svg").attr("width", width).attr("height", 12).attr("aria-hidden", "true");
    for (let i = 0; i < steps; i++) {
      svg.append("rect").attr("x", i * width / steps).attr("width", width / steps + 0.5).attr("height", 12).attr("fill", d3.interpolateViridis(i / (steps - 1)));
    }
    const legend = text("span", `${figure.z.label}:`, "ramp"), scale = document.createElement("span"), end = (z) => number(+z.toPrecision(3));
    scale.append(`${end(low)} `, svg.node(), ` ${end(high)}`);
    legend.append(scale);
    return legend;
  }

  function text(tag, content, name) {
    const element = document.createElement(tag);
    element.textContent = content;
    if (name) element.className = name;
    return element;
  }

  // swatch is a series as it looks.
  function swatch(figure, name, style) {
    const marks = figure.layers.filter((l) => l.series === name).map((l) => l.mark);
    const svg = d3.create("svg").attr("width", 26).attr("height", 12).attr("aria-hidden", "true");
    if (marks.some((m) => m === "line" || m === "rule" || m === "rulex")) {
      svg.append("line").attr("x2", 26).attr("y1", 6).attr("y2", 6).attr("stroke", style.colour).attr("stroke-width", 2).attr("stroke-dasharray", style.dash);
    }
    if (marks.some((m) => m === "band" || m === "bars")) {
      svg.append("rect").attr("x", 3).attr("y", 1).attr("width", 20).attr("height", 10).attr("fill", style.colour).attr("fill-opacity", 0.35);
    }
    if (marks.includes("points")) {
      svg.append("path").attr("transform", "translate(13,6)").attr("d", d3.symbol(plotSymbol(style.symbol), 45)()).attr("fill", style.colour);
    }
    return svg.node();
  }

  // plotSymbol is D3's symbol of Plot's name for it.
  const plotSymbol = (name) => d3["symbol" + name[0].toUpperCase() + name.slice(1)];

  // values are all coordinates along an axis, those of whiskers and bands among them.
  function values(figure, axis) {
    const list = [];
    for (const layer of figure.layers) {
      const whiskers = acrossX(figure) ? "x" : "y";
      for (const d of layer.data) {
        const own = axis === "x" ? layer.mark !== "rule" : layer.mark !== "rulex" && layer.mark !== "band";
        if (own) list.push(d[axis]);
        if (axis === "x" && spans(layer) || layer.mark === "cells") list.push(d[axis + "2"] ?? 0); // 0 is left out of the JSON
        if (axis === whiskers) list.push(...[d.low, d.high].filter((v) => v !== undefined));
      }
    }
    return list;
  }
  // acrossX says that Y is an axis of names, so that whiskers lie along X.
  const acrossX = (figure) => Boolean(figure.y.names);
  const spans = (layer) => layer.mark === "bars" || layer.mark === "cells";

  function canBeLog(figure, axis) {
    if (figure[axis].names || axis === "y" && figure.layers.some((l) => l.mark === "bars")) return false;
    const [low, high] = d3.extent(values(figure, axis));
    return low > 0 && high / low >= 3;
  }

  // number is a value as an axis or a table shows it.
  function number(value) {
    if (value === undefined || value === null) return "";
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size >= 1e15 || size < 1e-4) return d3.format(".3~e")(value);
    if (size >= 1e4) return d3.format(".4~s")(value);
    return d3.format(".5~r")(value);
  }

  // logTicks are round values of an axis, at most about count.
  function logTicks(low, high, count) {
    const decades = Math.log10(high / low);
    const steps = decades * 9 <= count ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : decades * 3 <= count ? [1, 2, 5] : [1];
    const every = Math.max(1, Math.ceil(decades / count));
    const ticks = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
      if (e % every) continue;
      for (const s of steps) {
        const t = Number(`${s}e${e}`);
        if (t >= low * 0.999 && t <= high * 1.001) ticks.push(t);
      }
    }
    return ticks.length >= 2 ? ticks : d3.ticks(low, high, Math.min(count, 5));
  }

  function scale(figure, axis, choice, size) {
    const a = figure[axis], names = a.names;
    if (names) {
      const ends = [-0.5, names.length - 0.5];
      return { label: a.label, domain: axis === "y" ? ends.reverse() : ends, ticks: d3.range(names.length), tickFormat: (i) => names[i] ?? "" };
    }
    const log = choice[axis] && canBeLog(figure, axis);
    let [low, high] = d3.extent(values(figure, axis));
    low = a.low ?? low ?? 0;
    high = a.high ?? high ?? 1;
    if (log && low <= 0) low = d3.min(values(figure, axis).filter((v) => v > 0));
    if (low === high) [low, high] = low === 0 ? [0, 1] : log ? [low / 2, low * 2] : [low - Math.abs(low) / 10, low + Math.abs(low) / 10];
    if (log) {
      const pad = (high / low) ** 0.03;
      const domain = [a.low > 0 ? low : low / pad, a.high ? high : high * pad];
      return { label: a.label, type: "log", domain, ticks: logTicks(domain[0], domain[1], size / (axis === "x" ? 62 : 34)), tickFormat: number };
    }
    if (axis === "y" && figure.layers.some((l) => l.mark === "bars")) low = Math.min(0, low);
    const pad = figure.layers.some((l) => l.mark === "cells") ? 0 : (high - low) * 0.04;
    return { label: a.label, domain: [a.low !== undefined || low === 0 ? low : low - pad, a.high !== undefined ? high : high + pad], ticks: Math.max(3, size / (axis === "x" ? 80 : 45)), tickFormat: number };
  }

  function plot(figure, series, choice, width) {
    const names = figure.y.names, narrow = width < 520;
    const height = names ? Math.max(160, names.length * 26 + 70) : Math.round(Math.min(460, Math.max(260, width * 0.52)));
    const longest = names ? Math.max(...names.map((n) => [...n].length)) : 0;
    const marginLeft = names ? Math.min(20 + longest * 6.6, width * 0.42) : 56;
    const x = scale(figure, "x", choice, width - marginLeft - 20), y = scale(figure, "y", choice, height - 70);
    const xNames = figure.x.names;
    const rotate = xNames && xNames.length * Math.max(...xNames.map((n) => [...n].length)) * 7 > width - marginLeft ? -35 : 0;
    const marginTop = y.label ? 34 : 14, marginBottom = rotate ? 100 : 46;
    const marks = [
      Plot.gridX({ ticks: x.ticks, stroke: "var(--line)", strokeOpacity: 1 }),
      Plot.gridY({ ticks: y.ticks, stroke: "var(--line)", strokeOpacity: 1 }),
      Plot.axisX({ ticks: x.ticks, tickFormat: shortened(x.tickFormat, 22), label: x.label, tickRotate: rotate, color: "var(--quiet)", fontSize: 12, labelAnchor: "center", labelArrow: "none", labelOffset: rotate ? 90 : 36 }),
      Plot.axisY({ ticks: y.ticks, tickFormat: shortened(y.tickFormat, Math.floor(marginLeft / 6.6) - 1), label: null, color: "var(--quiet)", fontSize: 12 }),
      Plot.text([y.label], { frameAnchor: "top-left", dx: -marginLeft + 2, dy: -20, fill: "var(--quiet)", fontSize: 12, lineWidth: narrow ? 28 : 60, textOverflow: "ellipsis" }),
    ];
    const tips = [], rules = [];
    for (const layer of figure.layers) {
      if (layer.series && choice.hidden.has(layer.series)) continue;
      const style = layer.series ? styleOf(figure, series.indexOf(layer.series)) : { colour: "var(--text)", symbol: "circle", dash: "none" };
      marks.push(...layerMarks(figure, layer, style, x, y));
      for (const d of layer.data.filter((d) => within(x, d.x) && within(y, d.y))) tips.push(...tipOf(figure, layer, d));
      if (layer.mark === "rule") rules.push(...layer.data.filter((d) => d.label && within(y, d.y)).map((d) => ({ ...d, colour: style.colour })));
    }
    marks.push(...ruleLabels(rules, y, height - marginTop - marginBottom));
    if (tips.length) {
      const pointed = { x: "x", y: "y", title: "title" };
      marks.push(Plot.tip(tips, Plot.pointer({ ...pointed, fill: "var(--ground)", stroke: "var(--edge)", fontSize: 12.5, lineWidth: narrow ? 22 : 34, textOverflow: "ellipsis-middle" })));
    }
    const svg = Plot.plot({
      className: "plot", width, height, marginLeft, marginRight: 20, marginTop, marginBottom,
      style: { background: "none", color: "var(--text)", fontSize: "12px", fontFamily: "inherit" },
      x: { type: x.type ?? "linear", domain: x.domain }, y: { type: y.type ?? "linear", domain: y.domain },
      ...(figure.z ? { color: { type: figure.z.log ? "log" : "linear", scheme: "viridis", domain: colours(figure), clamp: true } } : {}),
      marks, ariaLabel: figure.title, ariaDescription: figure.text,
    });
    svg.setAttribute("role", "img");
    return svg;
  }

  // within says that a coordinate is on the figure: what is not there is not shown.
  const within = (scale, value) => value >= Math.min(...scale.domain) && value <= Math.max(...scale.domain);

  // colours are the ends of the scale of Z.
  function colours(figure) {
    const [low, high] = d3.extent(figure.layers.filter((l) => l.mark === "cells" || l.mark === "points" && !l.series).flatMap((l) => l.data.map((d) => d.z ?? 0)));
    return [figure.z.low ?? low ?? 0, figure.z.high ?? high ?? 1];
  }

  // ruleLabels are at the right end of their rules, above them. Rules that lie too near for that have one in common, above the highest: it
  // names them from above.
  function ruleLabels(rules, y, length) {
    const measure = y.type === "log" ? Math.log : Number;
    const [low, high] = y.domain.map(measure);
    const placed = rules.map((d) => ({ d, at: length * (high - measure(d.y)) / (high - low) })).sort((a, b) => a.at - b.at);
    const groups = [];
    for (const [i, one] of placed.entries()) {
      if (i && one.at - placed[i - 1].at < 15) groups.at(-1).push(one.d); else groups.push([one.d]);
    }
    return groups.map((group) => Plot.text([{ ...group[0], label: group.map((d) => d.label).join(", ") }], { y: "y", text: "label", fill: group[0].colour, stroke: "var(--ground)", strokeWidth: 4, fontSize: 11.5, frameAnchor: "right", textAnchor: "end", dy: -8, lineWidth: 30, textOverflow: "ellipsis" }));
  }

  const shortened = (format, length) => (value) => {
    const label = String(format(value)), characters = [...label];
    return characters.length > length ? characters.slice(0, Math.max(1, length - 1)).join("") + "…" : label;
  };

  // layerMarks are a layer as marks of Plot.
  function layerMarks(figure, layer, style, x, y) {
    const clip = "frame";
    const data = layer.data.filter((d) => (y.type !== "log" || layer.mark === "band" || layer.mark === "rulex" || d.y > 0) && (x.type !== "log" || layer.mark === "rule" || d.x > 0));
    const dash = layer.dashed && style.dash === "none" ? "5 4" : style.dash;
    switch (layer.mark) {
      case "points": {
        const whiskers = data.filter((d) => d.low !== undefined || d.high !== undefined);
        const [low, high] = (acrossX(figure) ? x : y).domain; // an open end reaches the axis's
        const ends = { stroke: style.colour, strokeOpacity: 0.8, clip };
        const arrows = (at, beyond, turn) => Plot.dot(whiskers.filter((d) => beyond(d) && within(x, d.x) && within(y, d.y)), { ...(acrossX(figure) ? { x: at, y: "y", rotate: turn + 90 } : { x: "x", y: at, rotate: turn }), fill: style.colour, symbol: "triangle", r: 3.2 });
        const byZ = figure.z && !layer.series;
        return [
          acrossX(figure) ? Plot.ruleY(whiskers, { y: "y", x1: (d) => d.low ?? low, x2: (d) => d.high ?? high, ...ends }) : Plot.ruleX(whiskers, { x: "x", y1: (d) => d.low ?? low, y2: (d) => d.high ?? high, ...ends }),
          arrows(low, (d) => !(d.low > low), 180),
          arrows(high, (d) => !(d.high < high), 0),
          Plot.dot(data.filter((d) => within(x, d.x) && within(y, d.y)), { x: "x", y: "y", fill: byZ ? (d) => d.z ?? 0 : style.colour, stroke: "var(--ground)", strokeWidth: 0.6, symbol: style.symbol, r: 4.2 }),
        ];
      }
      case "line": return [Plot.line(data, { x: "x", y: "y", stroke: style.colour, strokeWidth: 1.8, strokeDasharray: dash, clip })];
      case "band": return [Plot.areaY(data, { x: "x", y1: "low", y2: "high", fill: style.colour, fillOpacity: 0.2, clip })];
      case "bars": return [Plot.rect(data, { x1: "x", x2: (d) => d.x2 ?? 0, y1: () => 0, y2: "y", fill: style.colour, fillOpacity: 0.75, insetLeft: 0.5, clip })];
      case "rule": return [Plot.ruleY(data, { y: "y", stroke: style.colour, strokeWidth: 1.5, strokeDasharray: dash === "none" ? "5 4" : dash, clip })];
      case "rulex": return [
        Plot.ruleX(data, { x: "x", stroke: style.colour, strokeWidth: 1.5, strokeDasharray: dash === "none" ? "5 4" : dash, clip }),
        Plot.text(data.filter((d) => d.label && within(x, d.x)), { x: "x", text: "label", fill: style.colour, stroke: "var(--ground)", strokeWidth: 4, fontSize: 11.5, frameAnchor: "top", textAnchor: "start", dx: 4, dy: 4, lineWidth: 16, textOverflow: "ellipsis" }),
      ];
      case "cells": return [Plot.rect(data, { x1: "x", x2: (d) => d.x2 ?? 0, y1: "y", y2: (d) => d.y2 ?? 0, fill: (d) => d.z ?? 0, shapeRendering: "crispEdges", clip })];
    }
    throw new Error(`chart: figure ${figure.id}: no mark ${layer.mark}`);
  }

  // tipOf is where one points at a datum, and what it says.
  function tipOf(figure, layer, d) {
    if (layer.mark === "band" || layer.mark === "rule" || layer.mark === "rulex") return [];
    const along = (axis, value) => `${figure[axis].label}: ${figure[axis].names?.[value] ?? number(value)}`;
    const lines = [d.label || layer.series || "", along("x", d.x)];
    if (layer.mark === "bars") lines[1] += ` to ${number(d.x2 ?? 0)}`;
    if (layer.mark === "cells") lines.push(`${figure.z?.label ?? "value"}: ${number(d.z ?? 0)}`);
    else lines.push(along("y", d.y));
    if (d.low !== undefined || d.high !== undefined) lines[acrossX(figure) ? 1 : 2] += ` (${number(d.low) || "open"} to ${number(d.high) || "open"})`;
    const middle = (a, b) => layer.mark === "cells" || layer.mark === "bars" && a === "x" ? (d[a] + (d[b] ?? 0)) / 2 : d[a];
    return [{ x: middle("x", "x2"), y: layer.mark === "cells" ? middle("y", "y2") : d.y, title: lines.filter(Boolean).join("\n") }];
  }

  // table lists the data for those who do not point, when it is opened.
  function table(element, figure) {
    const details = element.querySelector("details.chart-data");
    const most = 2000;
    details.addEventListener("toggle", () => {
      if (!details.open || details.querySelector("table")) return;
      const rows = figure.layers.flatMap((layer) => layer.data.map((d) => ({ layer, d })));
      const interval = rows.some(({ d }) => d.low !== undefined), labels = rows.some(({ d }) => d.label);
      const to = rows.some(({ layer }) => spans(layer));
      const head = ["series", ...(labels ? ["what"] : []), figure.x.label, ...(to ? ["to"] : []), figure.y.label, ...(interval ? ["low", "high"] : []), ...(figure.z ? [figure.z.label] : [])];
      const list = document.createElement("table");
      const title = document.createElement("caption");
      title.append(text("span", figure.title + (rows.length > most ? `: the first ${most} of ${rows.length} rows` : "")));
      list.append(title);
      const top = list.createTHead().insertRow();
      for (const h of head) { const cell = text("th", h); cell.scope = "col"; top.append(cell); }
      const body = list.createTBody();
      for (const { layer, d } of rows.slice(0, most)) {
        const named = (axis) => figure[axis].names?.[d[axis]] ?? number(d[axis]);
        const row = body.insertRow();
        for (const value of [layer.series ?? "", ...(labels ? [d.label ?? ""] : []), layer.mark === "rule" ? "" : named("x"), ...(to ? [number(d.x2)] : []), layer.mark === "band" ? "" : named("y"),
          ...(interval ? [number(d.low), number(d.high)] : []), ...(figure.z ? [number(d.z)] : [])]) {
          row.append(text("td", value));
        }
      }
      const frame = text("div", "", "frame");
      frame.tabIndex = 0;
      frame.setAttribute("role", "region");
      frame.setAttribute("aria-label", `Data of ${figure.title}`);
      frame.append(list);
      details.append(frame);
    });
  }
})();
