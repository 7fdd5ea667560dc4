// The concepts of one step of a lineage, as chips take them.

import type { Concept, ConceptPart } from "./concept_chips";

type Shared = Pick<Concept, "math" | "meaning" | "helps" | "source">;

export interface LineageConceptsPart {
  /** What is the same for all steps, by name. */
  concepts?: Record<string, Shared>;
  /** By the step's number; `first` is null while steps before it are not named. */
  steps?: Record<string, { items: Omit<Concept, keyof Shared>[]; first: string[] | null }>;
}

/** The concepts of a step; those that no step before it has count as gained. */
export function conceptsOf(part: LineageConceptsPart, number: number, view: string): ConceptPart & { revision?: string } {
  const step = part.steps?.[number];
  if (!step) return {};
  const items = step.items.map((item) => ({ ...item, ...part.concepts![item.name]!, change: step.first?.includes(item.name) ? ("gained" as const) : ("" as const) }));
  return { state: "done", version: number, items, revision: `${view} ${step.first !== null}` };
}
