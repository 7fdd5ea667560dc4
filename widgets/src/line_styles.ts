// How lines are told apart: eight colours that colour-blind readers can tell apart, each
// with dashes of its own, so that colour alone never says anything. As in runs_static.py.

import { setAttributes } from "./dom";

export const COLOURS = 8;
const DASHES: number[][] = [
  [],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [13, 4],
  [4, 2, 1, 2],
  [1, 2.5],
  [9, 3, 2, 3, 2, 3],
];

/** Dashes of the line with this number; no two of the first 64 lines look alike. */
export function dashesOf(slot: number): number[] {
  return DASHES[(slot + Math.floor(slot / COLOURS)) % DASHES.length]!;
}

export function colourName(slot: number): string {
  return `--wb-line-${slot % COLOURS}`;
}

/** Read the colours from the style sheet, which knows the theme. */
export function lineColours(element: Element): string[] {
  const style = getComputedStyle(element);
  return Array.from({ length: COLOURS }, (_, slot) => style.getPropertyValue(colourName(slot)).trim() || "gray");
}

/** A piece of the line, for legends and tables. */
export function swatch(slot: number, width = 30): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  setAttributes(svg, { viewBox: `0 0 ${width} 10`, width, height: 10, class: "wb-swatch", "aria-hidden": "true" });
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  setAttributes(line, {
    d: `M1 5H${width - 1}`,
    fill: "none",
    "stroke-width": 2.5,
    "stroke-dasharray": dashesOf(slot).join(" "),
    style: `stroke: var(${colourName(slot)})`,
  });
  svg.append(line);
  return svg;
}
