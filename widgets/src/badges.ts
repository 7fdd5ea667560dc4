// Where badges and callouts stand beside points of a curve without hiding each other.

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

export interface Place extends Point {
  /** Whether there was room for the words too, not only for the number. */
  full: boolean;
}

/** The centre of each point's badge; undefined where there is no room. In order of rank.
 *
 * `widths` are those with words; where they do not fit, the number may.
 */
export function placeBadges(points: Point[], frame: Frame, widths: number[] = []): (Place | undefined)[] {
  const placed: (Point & { width: number })[] = [];
  const right = frame.left + frame.width;
  const bottom = frame.top + frame.height;
  const isFree = ({ x, y }: Point, width: number) =>
    x >= frame.left + width / 2 &&
    x <= right - width / 2 &&
    y >= frame.top + BADGE / 2 - 4 &&
    y <= bottom - BADGE / 2 &&
    placed.every((other) => Math.abs(other.x - x) >= (other.width + width) / 2 + GAP || Math.abs(other.y - y) >= BADGE + GAP) &&
    points.every((point) => Math.abs(point.x - x) >= width / 2 + 5 || Math.abs(point.y - y) >= BADGE / 2 + 5);
  return points.map((point, i) => {
    const wide = Math.max(BADGE, widths[i] ?? BADGE);
    for (const width of wide > BADGE ? [wide, BADGE] : [BADGE]) {
      for (const candidate of candidates(point, frame, width)) {
        if (!isFree(candidate, width)) continue;
        placed.push({ ...candidate, width });
        return { ...candidate, full: width === wide };
      }
    }
    return undefined;
  });
}

/** Above the point, below it, then farther away and to the sides. */
function* candidates({ x, y }: Point, frame: Frame, width: number): Generator<Point> {
  const inside = Math.min(Math.max(x, frame.left + width / 2), frame.left + frame.width - width / 2);
  for (let ring = 0; ring < 7; ring++) {
    for (const aside of width > BADGE ? [0, 4, -4] : [0, 1, -1, 2]) {
      const dx = inside + aside * (BADGE + GAP);
      yield { x: dx, y: y - LIFT - ring * (BADGE + GAP) };
      yield { x: dx, y: y + LIFT + ring * (BADGE + GAP) };
    }
  }
}
