// What each thread of a search did in the last seconds, as a lane of columns.

import { h } from "./dom";
import { percent } from "./format";
import { label, node } from "./svg";

export interface ThreadsPart {
  /** Length of the time shown. */
  seconds?: number;
  /** For each thread: parts of each bin in which it was evaluating, waiting, compiling. */
  lanes?: [number[], number[], number[]][];
  /** The same of the whole time. */
  shares?: [number, number, number][];
}

const [LEFT, RIGHT, TOP, LANE, GAP, BOTTOM] = [66, 16, 4, 22, 6, 34];
let drawings = 0;
const DOING = ["evaluating", "waiting for the others", "compiling"] as const;
const KEYS = ["evaluating", "waiting", "compiling"] as const;

/** The drawing, its legend and its words; nothing before the first evaluation. */
export function threadLanes({ seconds, lanes, shares }: ThreadsPart, width: number): HTMLElement[] {
  if (!seconds || !lanes || !shares) return [];
  const right = width - RIGHT;
  const height = TOP + lanes.length * (LANE + GAP) + BOTTOM;
  const svg = node("svg", { width, height, role: "img", "aria-label": `What the threads did in the last ${round(seconds)} s: ${shares.map(inWords).join("; ")}` });
  const stripes = `wb-lane-stripes-${++drawings}`;
  svg.append(hatching(stripes));
  lanes.forEach((lane, thread) => {
    const top = TOP + thread * (LANE + GAP);
    svg.append(
      node("rect", { class: "wb-lane", x: LEFT, y: top, width: right - LEFT, height: LANE }),
      label(LEFT - 8, top + LANE / 2 + 4, "end", `Thread ${thread + 1}`, "wb-lane-name"),
    );
    const bins = lane[0].length;
    const wide = (right - LEFT) / bins;
    const base = new Array<number>(bins).fill(top + LANE);
    lane.forEach((parts, doing) => {
      const bars = parts.map((part, bin) => {
        if (part <= 0) return "";
        const tall = Math.min(part * LANE, base[bin]! - top);
        base[bin]! -= tall;
        const [from, to] = [LEFT + Math.round(bin * wide), LEFT + Math.round((bin + 1) * wide)];
        return `M${from} ${base[bin]!.toFixed(1)}H${to}v${tall.toFixed(1)}H${from}z`;
      });
      if (bars.some(Boolean)) svg.append(node("path", { class: `wb-lane-${KEYS[doing]}`, d: bars.join(""), ...(doing === 1 && { style: `fill: url(#${stripes})` }) }));
    });
  });
  const axis = height - BOTTOM + 12;
  svg.append(
    label(LEFT, axis, "start", `−${round(seconds)}`, "wb-lane-tick"),
    label(right, axis, "end", "0", "wb-lane-tick"),
    label((LEFT + right) / 2, height - 4, "middle", "Time before the last evaluation (s)", "wb-lane-name"),
  );
  const used = DOING.flatMap((name, doing) => (shares.some((share) => share[doing]! > 0) ? [h("li", {}, h("i", { class: `wb-lane-key wb-lane-key-${KEYS[doing]}` }), name)] : []));
  const idle = h("li", {}, h("i", { class: "wb-lane-key" }), "neither: paused, or the search keeps its books");
  const words = shares.map((share, thread) => h("li", {}, `Thread ${thread + 1}: ${inWords(share)}`));
  const room = h("div", {});
  room.append(svg);
  return [h("ul", { class: "wb-legend", "aria-label": "What threads do" }, ...used, idle), room, h("ul", { class: "wb-legend wb-lane-words" }, ...words)];
}

function inWords(share: [number, number, number]): string {
  return DOING.flatMap((name, doing) => (doing === 0 || share[doing]! > 0 ? [`${percent(share[doing]!, 1)} ${name}`] : [])).join(", ");
}

function round(seconds: number): string {
  return seconds < 1 ? seconds.toFixed(2) : seconds.toFixed(seconds < 10 ? 1 : 0);
}

/** Stripes for waiting, so that colour alone says nothing. */
function hatching(id: string): SVGElement {
  const pattern = node("pattern", { id, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(node("rect", { class: "wb-lane-ground", width: 5, height: 5 }), node("rect", { class: "wb-lane-stripe", width: 2, height: 5 }));
  const defs = node("defs", {});
  defs.append(pattern);
  return defs;
}
