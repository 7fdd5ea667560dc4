// Where each address of a program is written and read, and what that makes of it.

export interface Row {
  text: string;
  math: string;
  words: string;
  live: boolean;
}

export interface ProgramFunction {
  name: string;
  rows: Row[];
}

/** The addresses that the training loop itself uses. */
export interface Special {
  features: string;
  label: string;
  prediction: string;
}

export interface Place {
  function: string;
  line: number;
  live: boolean;
}

export interface Use {
  address: string;
  role: string;
  writes: Place[];
  reads: Place[];
}

const ADDRESS = /\b[svm]\d+\b/g;
const KIND: Record<string, string> = { s: "scalar", v: "vector", m: "matrix" };

/** What an instruction writes and reads; one element of an address counts as all of it. */
export function accesses(text: string): { write: string | undefined; reads: string[]; partial: boolean } {
  const [write, ...reads] = text.match(ADDRESS) ?? [];
  return { write, reads, partial: /^\w+\[/.test(text) };
}

export function uses(functions: ProgramFunction[], special: Special): Use[] {
  const found = new Map<string, Use>();
  const use = (address: string) => {
    if (!found.has(address)) found.set(address, { address, role: "", writes: [], reads: [] });
    return found.get(address)!;
  };
  for (const address of [special.label, special.prediction, special.features]) use(address);
  for (const { name, rows } of functions) {
    rows.forEach(({ text, live }, i) => {
      const { write, reads } = accesses(text);
      const place = { function: name, line: i + 1, live };
      if (write) use(write).writes.push(place);
      for (const read of new Set(reads)) use(read).reads.push(place);
    });
  }
  const all = [...found.values()].sort(inOrder);
  for (const one of all) one.role = roleOf(one, functions, special);
  return all;
}

function inOrder(a: Use, b: Use): number {
  const kind = "svm".indexOf(a.address[0]!) - "svm".indexOf(b.address[0]!);
  return kind || Number(a.address.slice(1)) - Number(b.address.slice(1));
}

function roleOf({ address, writes, reads }: Use, functions: ProgramFunction[], special: Special): string {
  if (address === special.features) return "features";
  if (address === special.label) return "label";
  if (address === special.prediction) return "prediction";
  if (writes.length === 0) return "never written: 0";
  if (reads.length === 0) return "never read";
  if (!reads.some((place) => place.live)) return "read by dead code only";
  if (!writes.some((place) => place.live && place.function !== "Setup")) {
    return writes.some((place) => place.live) ? "constant after Setup" : "0 where it matters";
  }
  return isKept(address, functions) ? "kept between examples" : "scratch";
}

/** Whether some live read may see what an earlier example has left there. */
function isKept(address: string, functions: ProgramFunction[]): boolean {
  const cycle = functions.filter(({ name }) => name !== "Setup").flatMap(({ rows }) => rows);
  for (const { text, live } of cycle) {
    if (!live) continue;
    const { write, reads, partial } = accesses(text);
    if (reads.includes(address)) return true;
    if (write === address && !partial) return false;
  }
  return true;
}

/** One sentence or two on an address. */
export function describe(use: Use, special: Special): string {
  const { address, role, writes, reads } = use;
  const written = places(writes);
  const read = places(reads);
  const own = ownAccess(address, special);
  return [
    `${address}: ${role} (${KIND[address[0]!]}).`,
    own,
    written ? `Written in ${written}.` : own ? "" : "Written nowhere.",
    read ? `Read in ${read}.` : own ? "" : "Read nowhere.",
  ]
    .filter(Boolean)
    .join(" ");
}

function ownAccess(address: string, special: Special): string {
  if (address === special.features) return "The training loop puts each example here.";
  if (address === special.label) return "The training loop puts the label here before Learn; in Predict it is 0.";
  if (address === special.prediction) return "The training loop takes the prediction from here after Predict.";
  return "";
}

/** "Setup 1, Learn 2 and 5 (dead)". */
function places(all: Place[]): string {
  const names = [...new Set(all.map((place) => place.function))];
  const parts = names.map((name) => {
    const lines = all
      .filter((place) => place.function === name)
      .map(({ line, live }) => (live ? String(line) : `${line} (dead)`));
    return `${name} ${list(lines)}`;
  });
  return parts.join("; ");
}

function list(items: string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
