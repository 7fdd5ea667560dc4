// Formulas come as MathML text; only mathematics is taken from it.

const NAMESPACE = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(
  "math mrow mi mn mo ms mtext mspace msub msup msubsup mfrac msqrt mroot munder mover munderover mstyle mpadded".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  "display displaystyle stretchy fence form separator accent movablelimits lspace rspace width mathvariant".split(" "),
);

/** A copy of the formula, or null where the text is not well-formed mathematics. */
export function formula(text: string): Element | null {
  if (!text) return null;
  const root = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
  return root?.localName === "math" ? copy(root) : null;
}

function copy(from: Element): Element | null {
  if (!ELEMENTS.has(from.localName)) return null;
  const to = document.createElementNS(NAMESPACE, from.localName);
  for (const { name, value } of from.attributes) {
    if (ATTRIBUTES.has(name)) to.setAttribute(name, value);
  }
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) to.append(child.textContent ?? "");
    else if (child.nodeType === Node.ELEMENT_NODE) to.append(copy(child as Element) ?? "");
  }
  return to;
}
