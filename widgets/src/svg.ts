// Small helpers to build SVG.

import { setAttributes } from "./dom";

const SVG = "http://www.w3.org/2000/svg";

export function node(name: string, attributes: Record<string, string | number>, ...children: Node[]): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

export function label(x: number, y: number, anchor: string, content: string, className = "wb-chart-text"): SVGElement {
  const element = node("text", { x, y, "text-anchor": anchor, class: className });
  element.textContent = content;
  return element;
}

/** An SVG as wide as its room, drawn anew when that changes. */
export function fitted(room: HTMLElement, svg: SVGElement, draw: (width: number) => void, signal: AbortSignal): () => void {
  let width = 0;
  const redraw = () => {
    width = Math.round(room.clientWidth) || width || 480;
    setAttributes(svg, { width });
    draw(width);
  };
  const size = new ResizeObserver(() => {
    if (Math.round(room.clientWidth) !== width && room.clientWidth > 0) redraw();
  });
  size.observe(room);
  signal.addEventListener("abort", () => size.disconnect());
  return redraw;
}
