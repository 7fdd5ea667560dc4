// Where numbered badges stand beside points of a curve without hiding each other.

export interface Point {
  x: number;
  y: number;
}

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

export const BADGE = 18;
const GAP = 3;
const LIFT = 20;

/** The centre of each point's badge; undefined where there is no room. In order of rank. */
export function placeBadges(points: Point[], frame: Frame): (Point | undefined)[] {
  const placed: Point[] = [];
  const right = frame.left + frame.width;
  const bottom = frame.top + frame.height;
  const isFree = ({ x, y }: Point) =>
    x >= frame.left + BADGE / 2 &&
    x <= right - BADGE / 2 &&
    y >= frame.top + BADGE / 2 - 4 &&
    y <= bottom - BADGE / 2 &&
    placed.every((other) => Math.abs(other.x - x) >= BADGE + GAP || Math.abs(other.y - y) >= BADGE + GAP) &&
    points.every((point) => Math.abs(point.x - x) >= BADGE / 2 + 5 || Math.abs(point.y - y) >= BADGE / 2 + 5);
  return points.map((point) => {
    for (const candidate of candidates(point, frame)) {
      if (!isFree(candidate)) continue;
      placed.push(candidate);
      return candidate;
    }
    return undefined;
  });
}

/** Above the point, below it, then farther away and to the sides. */
function* candidates({ x, y }: Point, frame: Frame): Generator<Point> {
  const inside = Math.min(Math.max(x, frame.left + BADGE / 2), frame.left + frame.width - BADGE / 2);
  for (let ring = 0; ring < 7; ring++) {
    for (const aside of [0, 1, -1, 2]) {
      const dx = inside + aside * (BADGE + GAP);
      yield { x: dx, y: y - LIFT - ring * (BADGE + GAP) };
      yield { x: dx, y: y + LIFT + ring * (BADGE + GAP) };
    }
  }
}
