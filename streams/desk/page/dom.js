// The document: elements made and changed. Whatever comes from outside goes in as text.

const SVG = "http://www.w3.org/2000/svg";

export const at = id => document.getElementById(id);

// Make an element. `told` are attributes; a function is a listener; null and false leave one out.
export function make(tag, told = {}, ...inside) {
  return filled(document.createElement(tag), told, inside);
}

// Make an element of a drawing.
export function draw(tag, told = {}, ...inside) {
  return filled(document.createElementNS(SVG, tag), told, inside);
}

function filled(element, told, inside) {
  for (const [name, value] of Object.entries(told)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...inside.flat().filter(one => one !== null && one !== undefined && one !== false));
  return element;
}

export function icon(name) {
  const drawn = draw("svg", { class: "icon", "aria-hidden": "true" }, draw("use", { href: `#i-${name}` }));
  return drawn;
}

// Have an icon be another one, where it is not already.
export function iconAs(drawn, name) {
  attribute(drawn.firstChild, "href", `#i-${name}`);
}

// A name from outside: apart from the text around it, cut by the style where it is long.
export function name(value, kind = "") {
  return make("bdi", { class: `name ${kind}`.trim(), title: value }, value);
}

// What changes nothing touches nothing: a selection or a reader's place survives.
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

export function attribute(element, key, value) {
  if (value === null) element.removeAttribute(key);
  else if (element.getAttribute(key) !== value) element.setAttribute(key, value);
}

export function share(element, value) {
  const shown = Math.max(0, Math.min(1, value)).toFixed(4);
  if (element.style.getPropertyValue("--share") !== shown) element.style.setProperty("--share", shown);
}
