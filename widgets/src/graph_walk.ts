// Where the arrow keys lead from a node: along its edges, or to its neighbours.

import { isBack, type Layout, type Line } from "./graph_layout";

const KEYS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"]);

/** Down to what reads the node, up to what it reads, sideways within its row.
 *
 * Where nothing of the same example follows, down goes on to the state that is carried
 * to the next one, and up from a state to what left it.
 */
export function walk(layout: Layout, from: string, key: string): string | undefined {
  if (!KEYS.has(key)) return undefined;
  if (key === "Home" || key === "End") return [...layout.boxes.keys()].at(key === "Home" ? 0 : -1);
  if (key === "ArrowDown") return nearest(layout, from, (line) => line.source === from, (line) => line.target);
  if (key === "ArrowUp") return nearest(layout, from, (line) => line.target === from, (line) => line.source);
  return beside(layout, from, key === "ArrowRight" ? 1 : -1);
}

function nearest(
  { boxes, lines }: Layout,
  from: string,
  touches: (line: Line) => boolean,
  end: (line: Line) => string,
): string | undefined {
  const all = lines.filter((line) => touches(line) && end(line) !== from);
  const forward = all.filter((line) => !isBack(line.kind));
  const { x, y } = boxes.get(from)!;
  const far = (line: Line) => {
    const box = boxes.get(end(line))!;
    return Math.abs(box.y - y) * 4 + Math.abs(box.x - x);
  };
  const best = (forward.length > 0 ? forward : all).sort((a, b) => far(a) - far(b))[0];
  return best && end(best);
}

function beside({ boxes }: Layout, from: string, way: 1 | -1): string | undefined {
  const here = boxes.get(from)!;
  const row = [...boxes].filter(([, box]) => Math.abs(box.y - here.y) < 1 && (box.x - here.x) * way > 0);
  return row.sort(([, a], [, b]) => (a.x - b.x) * way)[0]?.[0];
}
