import { describe as group, expect, it } from "vitest";

import { accesses, describe, uses, type ProgramFunction } from "../src/addresses";

const SPECIAL = { features: "v0", label: "s0", prediction: "s1" };

function program(setup: string[], predict: string[], learn: string[], dead: string[] = []): ProgramFunction[] {
  const rows = (texts: string[]) => texts.map((text) => ({ text, math: "", words: "", live: !dead.includes(text) }));
  return [
    { name: "Setup", rows: rows(setup) },
    { name: "Predict", rows: rows(predict) },
    { name: "Learn", rows: rows(learn) },
  ];
}

const SGD = program(["s2 = 0.01"], ["s1 = dot(v1, v0)"], ["s3 = s0 - s1", "s3 = s2 * s3", "v2 = s3 * v0", "v1 = v1 + v2"]);

group("an instruction", () => {
  it("writes its first address and reads the others", () => {
    expect(accesses("s3 = s2 * s3")).toEqual({ write: "s3", reads: ["s2", "s3"], partial: false });
    expect(accesses("NoOp()")).toEqual({ write: undefined, reads: [], partial: false });
    expect(accesses("m2 = gaussian(0.0, 1.0, (n_features, n_features))").reads).toEqual([]);
    expect(accesses("v2[0.25] = 1.0")).toEqual({ write: "v2", reads: [], partial: true });
  });
});

group("an address", () => {
  const roles = (functions: ProgramFunction[]) =>
    Object.fromEntries(uses(functions, SPECIAL).map(({ address, role }) => [address, role]));

  it("is named by what the life of the program makes of it", () => {
    expect(roles(SGD)).toEqual({
      s0: "label",
      s1: "prediction",
      s2: "constant after Setup",
      s3: "scratch",
      v0: "features",
      v1: "kept between examples",
      v2: "scratch",
    });
  });

  it("that nothing writes is 0, that nothing reads does nothing", () => {
    const dead = "s9 = s8 + s8";
    const found = roles(program([], ["s1 = s7 + s7", "s6 = s1 * s1", dead], [], [dead]));
    expect(found).toMatchObject({ s6: "never read", s7: "never written: 0", s9: "never read" });
  });

  it("written before it is read in each example is scratch, even if Setup wrote it too", () => {
    expect(roles(program(["s5 = 1.0"], ["s5 = abs(s0)", "s1 = s5 + s5"], [])).s5).toBe("scratch");
    expect(roles(program(["s5 = 1.0"], ["s1 = s5 + s5"], ["s5 = abs(s0)"])).s5).toBe("kept between examples");
  });

  it("keeps what one element's write leaves", () => {
    expect(roles(program([], ["v3[0.5] = 1.0", "s1 = dot(v3, v0)"], [])).v3).toBe("kept between examples");
  });

  it("says where it is used in a sentence", () => {
    const find = (address: string) => uses(SGD, SPECIAL).find((use) => use.address === address)!;
    expect(describe(find("s3"), SPECIAL)).toBe(
      "s3: scratch (scalar). Written in Learn 1 and 2. Read in Learn 2 and 3.",
    );
    expect(describe(find("v1"), SPECIAL)).toContain("Written in Learn 4. Read in Predict 1; Learn 4.");
    expect(describe(find("s0"), SPECIAL)).toContain("in Predict it is 0");
  });
});
