import { describe, expect, it } from "vitest";

import { duration, fitness, percent, short } from "../src/format";
import { clockStep, fitnessScale, linearScale, ninesScale, wholeStep } from "../src/scales";

describe("numbers", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [9999, "9999"],
    [10_000, "10\u202fk"],
    [123_456, "123\u202fk"],
    [999_999, "1\u202fM"],
    [1_234_567, "1.23\u202fM"],
    [2e8, "200\u202fM"],
    [3e12, "3\u202fT"],
    [1.23e15, "1.23\u202fP"],
    [9.87e17, "987\u202fP"],
    [null, "–"],
    [NaN, "–"],
  ])("%s reads %s", (value, text) => expect(short(value)).toBe(text));

  it.each([
    [0.5, "0.5000"],
    [0.99999, "0.9999900"],
    [0.9999999, "0.999999900"],
    [1, "1"],
    [0, "0"],
    [null, "–"],
  ])("fitness %s reads %s", (value, text) => expect(fitness(value)).toBe(text));

  it("never rounds a fitness up to 1", () => {
    for (let n = 1; n < 12; n++) expect(Number(fitness(1 - 10 ** -n / 3))).toBeLessThan(1);
  });

  it.each([
    [0, "0:00"],
    [65.9, "1:05"],
    [3661, "1:01:01"],
  ])("%s seconds read %s", (value, text) => expect(duration(value)).toBe(text));

  it("a share of nothing has no percentage", () => {
    expect(percent(0, 0)).toBe("–");
    expect(percent(1, 3)).toBe("33\u202f%");
  });
});

describe("axes", () => {
  it("label round values inside the range", () => {
    const { ticks, place } = linearScale(0, 567_000, 5, short);
    expect(ticks.map((tick) => tick.label)).toEqual(["0", "200\u202fk", "400\u202fk"]);
    expect(place(567_000)).toBe(1);
  });

  it.each([
    [2, ["0:00", "0:01", "0:02"]],
    [50, ["0:00", "0:10", "0:20", "0:30", "0:40", "0:50"]],
    [4000, ["0:00", "15:00", "30:00", "45:00", "1:00:00"]],
  ])("%s seconds have the steps of a clock, each label once", (end, labels) => {
    const { ticks } = linearScale(0, end, 5, duration, clockStep);
    expect(ticks.map((tick) => tick.label)).toEqual(labels);
  });

  it("have no marks between two individuals", () => {
    const { ticks } = linearScale(0, 2, 6, short, wholeStep);
    expect(ticks.map((tick) => tick.label)).toEqual(["0", "1", "2"]);
  });

  it("take losses: no loss is at the top", () => {
    expect(fitnessScale().place(0)).toBe(1);
    expect(fitnessScale().place(1)).toBe(0);
  });

  it("give each nine the same room", () => {
    const { place, ticks } = ninesScale(1e-4);
    expect(place(1)).toBe(0);
    expect(place(0.01) - place(0.1)).toBeCloseTo(place(0.001) - place(0.01));
    expect(ticks.map((tick) => tick.label)).toContain("0.999");
    expect(place(1e-4)).toBeLessThan(1);
  });
});
