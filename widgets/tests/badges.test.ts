import { expect, it } from "vitest";

import { BADGE, placeBadges } from "../src/badges";

const FRAME = { left: 40, top: 26, width: 600, height: 220 };

function apart(places: ({ x: number; y: number } | undefined)[]): boolean {
  const known = places.filter((place) => place !== undefined);
  return known.every((one, i) =>
    known.slice(i + 1).every((other) => Math.abs(one.x - other.x) >= BADGE || Math.abs(one.y - other.y) >= BADGE),
  );
}

it("puts a badge above its point where there is room", () => {
  const [place] = placeBadges([{ x: 300, y: 120 }], FRAME);
  expect(place!.x).toBe(300);
  expect(place!.y).toBeLessThan(120);
});

it("puts it below where the point is at the top", () => {
  const [place] = placeBadges([{ x: 300, y: 27 }], FRAME);
  expect(place!.y).toBeGreaterThan(27);
});

it("shows eight discoveries of one moment without one hiding another", () => {
  const points = Array.from({ length: 8 }, (_, i) => ({ x: 41 + i, y: 240 - 28 * i }));
  const places = placeBadges(points, FRAME);
  expect(places.every((place) => place !== undefined)).toBe(true);
  expect(apart(places)).toBe(true);
  for (const place of places) {
    expect(place!.x).toBeGreaterThanOrEqual(FRAME.left + BADGE / 2);
    expect(place!.x).toBeLessThanOrEqual(FRAME.left + FRAME.width - BADGE / 2);
    expect(place!.y).toBeLessThanOrEqual(FRAME.top + FRAME.height - BADGE / 2);
  }
});

it("leaves out what has no room instead of piling it up", () => {
  const points = Array.from({ length: 40 }, () => ({ x: 50, y: 40 }));
  const places = placeBadges(points, { left: 40, top: 26, width: 60, height: 60 });
  expect(places.filter((place) => place === undefined).length).toBeGreaterThan(0);
  expect(apart(places)).toBe(true);
});

it("gives words room where there is some, and the number alone where there is none", () => {
  const frame = { left: 0, top: 0, width: 400, height: 200 };
  const [wide, ...rest] = placeBadges([{ x: 100, y: 100 }], frame, [120]);
  expect(wide!.full).toBe(true);
  expect(wide!.x - 60).toBeGreaterThanOrEqual(0);
  expect(rest).toEqual([]);
  const narrow = placeBadges([{ x: 50, y: 100 }], { ...frame, width: 100 }, [120]);
  expect(narrow[0]!.full).toBe(false);
  const both = placeBadges([{ x: 200, y: 100 }, { x: 205, y: 100 }], frame, [120, 120]);
  const [a, b] = both.map((one) => one!);
  expect(Math.abs(a!.x - b!.x) >= 120 || Math.abs(a!.y - b!.y) >= BADGE).toBe(true);
});
