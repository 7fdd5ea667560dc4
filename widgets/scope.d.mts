/** See scope.mjs. */
export function scoped(css: string, root: string): string;
export function topLevel(css: string): string[];
