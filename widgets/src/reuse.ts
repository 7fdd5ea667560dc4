// Which of the rows in the page shows which line next, so that least changes.

import type { RowWords } from "./diff_rows";

const CONTENT = 6;
const SHAPE = 3;
const CHANGE = 2;
const ANY = 1;
/** More pairs than this are not weighed: rows follow each other instead. */
const MOST = 40_000;

/** For each line, the index of the row that shall show it, or −1 for a new one.
 *
 * Rows keep their order (Needleman and Wunsch 1970), since a row that changes its place is
 * laid out anew; and a row that shows another line is cheaper than a new one.
 */
export function reused(rows: readonly RowWords[], lines: readonly RowWords[]): number[] {
  const found = new Array<number>(lines.length).fill(-1);
  let start = 0;
  while (start < rows.length && start < lines.length && rows[start]!.content === lines[start]!.content) {
    found[start] = start;
    start += 1;
  }
  let [to, end] = [rows.length, lines.length];
  while (to > start && end > start && rows[to - 1]!.content === lines[end - 1]!.content) {
    to -= 1;
    end -= 1;
    found[end] = to;
  }
  const [n, m] = [to - start, end - start];
  if (n === 0 || m === 0) return found;
  if (n * m > MOST) {
    for (let i = 0; i < Math.min(n, m); i += 1) found[start + i] = start + i;
    return found;
  }
  // best[i][j]: what is saved at most from row i and line j on.
  const width = m + 1;
  const best = new Float64Array((n + 1) * width);
  const saved = (i: number, j: number) => alike(rows[start + i]!, lines[start + j]!) + best[(i + 1) * width + j + 1]!;
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let j = m - 1; j >= 0; j -= 1) {
      best[i * width + j] = Math.max(saved(i, j), best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  }
  for (let i = 0, j = 0; i < n && j < m; ) {
    const here = best[i * width + j]!;
    if (here === best[(i + 1) * width + j]) i += 1;
    else if (here === best[i * width + j + 1]) j += 1;
    else found[start + j++] = start + i++;
  }
  return found;
}

/** How much of a row can stay if it shows a line. */
function alike(row: RowWords, line: RowWords): number {
  if (row.content === line.content) return CONTENT;
  if (row.shape === line.shape) return SHAPE;
  return row.change === line.change && row.matters === line.matters ? CHANGE : ANY;
}
