// What the framework lacks: a slider that may be left open, a drawing whose parts can be chosen, and the gathering of the controls.
(function () {
  "use strict";
  const h = React.createElement;
  const WAIT = 60; // milliseconds between two values that a moving slider sends

  function shown(value) {
    if (value === 0) return "0";
    const size = Math.abs(value);
    const text = size >= 1000 || size < 0.001 ? value.toPrecision(3) : String(Number(value.toPrecision(3)));
    return text.replace("-", "−");
  }

  function Dial(props) {
    const [value, setValue] = React.useState(props.value ?? null);
    const timer = React.useRef(null), sent = React.useRef(-WAIT), last = React.useRef(props.value ?? null);
    React.useEffect(() => {
      if ((props.value ?? null) !== last.current) { last.current = props.value ?? null; setValue(last.current); }
    }, [props.value]);
    function send(next) {
      setValue(next);
      last.current = next;
      if (timer.current) return;
      timer.current = setTimeout(() => {
        timer.current = null;
        sent.current = performance.now();
        props.setProps({ value: last.current });
      }, Math.max(sent.current + WAIT - performance.now(), 0)); // the first value at once
    }
    const fixed = value !== null, at = fixed ? value : props.central;
    const share = (v) => Math.min(Math.max((v - props.low) / (props.high - props.low), 0), 1);
    const id = "dial-" + props.label;
    return h("div", { className: "x-dial" + (fixed ? " x-fixed" : "") },
      h("label", { htmlFor: id },
        h("code", null, props.label), " ", h("span", { className: "x-meaning" }, props.meaning)),
      h("div", { className: "x-value" },
        h("output", { htmlFor: id }, fixed ? shown(value) : props.shown, fixed && props.unit ? " " + props.unit : ""),
        h("button", {
          type: "button", className: "x-free", hidden: !fixed, onClick: () => send(null),
          "aria-label": "Leave " + props.label + " as uncertain as it is", title: "as in the file: " + props.shown,
        }, "×")),
      h("input", {
        id, type: "range", min: props.low, max: props.high, step: props.step, value: at,
        "aria-valuetext": fixed ? shown(value) + " " + props.unit : "not fixed: " + props.shown,
        style: { "--at": share(at), "--five": share(props.ends[0]), "--ninety": share(props.ends[1]) },
        onChange: (event) => send(Number(event.target.value)),
      }),
      h("details", null, h("summary", null, "source"),
        h("p", null, props.source), props.why ? h("p", null, props.why) : null));
  }

  function Choice(props) {
    return h("fieldset", { className: "x-group", id: props.id }, h("legend", null, props.legend),
      h("div", { className: props.options.some((o) => o.meaning) ? "x-said" : undefined }, props.options.map((o) => h("label", { key: o.value },
        h("input", {
          type: "radio", name: props.id, value: o.value, checked: o.value === props.value,
          onChange: () => props.setProps({ value: o.value }),
        }),
        h("span", null, o.name), o.meaning ? h("small", null, o.meaning) : null))));
  }

  function OpenFile(props) {
    const input = React.useRef(null), [said, say] = React.useState("");
    function read(file) {
      if (!file) return;
      if (file.size > props.most) { say("the file is larger than " + props.most.toLocaleString("en") + " bytes"); return; }
      const reader = new FileReader();
      reader.onload = () => {
        say("");
        props.setProps({ file: { name: file.name, content: reader.result.split(",")[1] || "", at: Date.now() } });
      };
      reader.onerror = () => say("the file cannot be read");
      reader.readAsDataURL(file);
    }
    return h("span", {
      id: props.id, className: "x-open", onDragOver: (event) => event.preventDefault(),
      onDrop: (event) => { event.preventDefault(); read(event.dataTransfer.files[0]); },
    },
      h("button", { type: "button", className: "x-button", onClick: () => input.current.click() }, props.label),
      h("input", {
        type: "file", ref: input, hidden: true, accept: props.accept, "aria-label": props.label,
        onChange: (event) => { read(event.target.files[0]); event.target.value = ""; },
      }),
      h("span", { role: "status", className: "soft" }, said));
  }

  const DRAWN = new Set([
    "svg", "g", "path", "rect", "circle", "line", "text", "tspan", "title", "desc", "div", "section", "article", "figure", "p", "span",
    "b", "i", "small", "code", "h2", "h3", "ol", "ul", "li", "button", "table", "caption", "thead", "tbody", "tr", "th", "td",
  ]);
  const NAMES = { class: "className", tabindex: "tabIndex" };
  const NEVER = /^on|^(href|src|xlink.*|dangerously.*)$/i; // no drawing needs them

  // "--p:0.3;--low:0.1" as the framework takes it; nothing but a style sheet's own variables
  function variables(text) {
    const pairs = text.split(";").map((pair) => pair.split(":")).filter(([name]) => name.startsWith("--"));
    return Object.fromEntries(pairs);
  }

  function element(mark, key) {
    if (typeof mark === "string") return mark;
    if (!DRAWN.has(mark.is)) return null;
    const given = { key };
    for (const name in mark.with) {
      if (NEVER.test(name)) continue;
      if (name === "style") { given.style = variables(mark.with.style); continue; }
      given[NAMES[name] || name.replace(/-([a-z])/g, (_, c) => (/^(aria|data)-/.test(name) ? "-" + c : c.toUpperCase()))] = mark.with[name];
    }
    return h(mark.is, given, ...mark.in.map(element));
  }

  function Drawing(props) {
    const count = React.useRef(0);
    function pick(event) {
      if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
      const part = event.target.closest("[data-pick]");
      if (!part) return;
      event.preventDefault();
      count.current += 1;
      props.setProps({ picked: { part: part.getAttribute("data-pick"), count: count.current } });
    }
    const region = props.marks && props.label ? { tabIndex: 0, role: "region", "aria-label": props.label } : {};
    const marks = React.useMemo(
      () => [].concat(props.marks || []).map(element), [props.marks]);
    return h("div", { id: props.id, className: props.className, onClick: pick, onKeyDown: pick, ...region }, marks);
  }

  window.foedus_explorer = { Dial, Drawing, Choice, OpenFile };

  const none = () => window.dash_clientside.no_update;
  const trigger = () => {
    const found = window.dash_clientside.callback_context.triggered;
    return found && found.length && found[0].value ? window.dash_clientside.callback_context.triggered_id : null;
  };
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  let waiting = null;

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    foedus: {
      gather(dials, priorSet, policy, crises, forced, name, before) {
        const numbers = {};
        const ids = window.dash_clientside.callback_context.inputs_list[0];
        ids.forEach((input, k) => { if (dials[k] !== null && dials[k] !== undefined) numbers[input.id.label] = dials[k]; });
        const found = { scenario: name, prior_set: priorSet, policy, crises: Number(crises) || 0, numbers, forced: forced || {} };
        return before && same(found, before) ? none() : found;
      },
      force(picked, release, forced) {
        const which = trigger();
        if (which === "release") return {};
        if (which !== "tree" || !picked) return none();
        const [node, action] = picked.part.split(":"), next = Object.assign({}, forced);
        if (next[node] === action) delete next[node]; else next[node] = action;
        return next;
      },
      hold(hold, drop, setting) {
        const which = trigger();
        return which === "hold" ? setting : which === "drop" ? null : none();
      },
      buttons(setting, other) {
        const s = setting || {};
        const moved = Object.keys(s.numbers || {}).length > 0 || Object.keys(s.forced || {}).length > 0;
        return [!other, Object.keys(s.forced || {}).length === 0, !moved && !other, !other];
      },
      reset(clicks, name) { if (clicks) window.location.assign("?scenario=" + encodeURIComponent(name)); return none(); },
      find(text, words) {
        const wanted = (text || "").toLowerCase().split(/\s+/).filter(Boolean);
        const hidden = (words || []).map((w) => !wanted.every((part) => w.includes(part)));
        const left = hidden.filter((one) => !one).length;
        return [hidden, wanted.length ? left + " of " + hidden.length : ""];
      },
      open(picked) {
        const which = trigger();
        if (!which) return none();
        return which === "found" ? picked.part : null;
      },
      address(link) {
        clearTimeout(waiting);
        const whole = window.location.pathname + "?" + link;
        if (window.dash_clientside.callback_context.triggered_id === "copy") {
          navigator.clipboard.writeText(window.location.origin + whole).then(
            () => window.dash_clientside.set_props("copied", { children: "copied" }),
            () => window.dash_clientside.set_props("copied", { children: "the link stands in the address bar" }));
        } else {
          window.dash_clientside.set_props("copied", { children: "" });
        }
        waiting = setTimeout(() => window.history.replaceState(window.history.state, "", whole), 300);
        return none();
      },
      close(clicks) { return clicks ? null : none(); },
    },
  });

  // The framework says of no request whether it is under way, so requests are counted where they leave.
  const ask = window.fetch;
  let under = 0;
  function mark(change) {
    under += change;
    document.documentElement.toggleAttribute("data-computing", under > 0);
  }
  window.fetch = function (...given) {
    if (!String(given[0]).includes("_dash-update-component")) return ask.apply(window, given);
    mark(1);
    const done = () => setTimeout(() => mark(-1), 20); // not at the next frame: a tab in the background has none
    const answer = ask.apply(window, given);
    answer.then(done, done);
    return answer;
  };

  document.addEventListener("keydown", (event) => {
    const close = document.querySelector("#why:not([hidden]) .x-close");
    if (event.key === "Escape" && close) close.click();
  });
})();
