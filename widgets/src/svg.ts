// Elements of drawings.

import { setAttributes } from "./dom";

const SVG = "http://www.w3.org/2000/svg";

export function node(name: string, attributes: Record<string, string | number>, ...children: Node[]): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

export function text(x: number, y: number, anchor: string, content: string, className: string): SVGElement {
  const element = node("text", { x, y, "text-anchor": anchor, class: className });
  element.textContent = content;
  return element;
}
