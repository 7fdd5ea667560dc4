// A growing table of float32 columns, the mirror of workbench/widgets/table.py.

export interface TableMeta {
  first: number;
  rows: number;
  columns: string[];
}

export class Table {
  columns: string[] = [];
  length = 0;
  private data = new Float32Array(0);

  /** Take rows of a frame; false if rows before them are missing. */
  take(meta: TableMeta, buffer: DataView | ArrayBuffer | undefined): boolean {
    const replaces = meta.first === 0;
    if (!replaces && meta.first !== this.length) return false;
    if (replaces) {
      this.columns = meta.columns;
      this.length = 0;
    }
    const width = this.columns.length;
    const rows = toFloats(buffer).subarray(0, meta.rows * width);
    this.reserve((this.length + meta.rows) * width);
    this.data.set(rows, this.length * width);
    this.length += meta.rows;
    return true;
  }

  has(name: string): boolean {
    return this.columns.includes(name);
  }

  /** A reader of one column; NaN where the column or the row is missing. */
  column(name: string): (row: number) => number {
    const at = this.columns.indexOf(name);
    const width = this.columns.length;
    if (at < 0) return () => NaN;
    return (row) => this.data[row * width + at] ?? NaN;
  }

  private reserve(size: number): void {
    if (size <= this.data.length) return;
    const grown = new Float32Array(Math.max(size, 2 * this.data.length, 4096));
    grown.set(this.data);
    this.data = grown;
  }
}

/** The buffer may start anywhere in its message, so it is copied before it is read. */
function toFloats(buffer: DataView | ArrayBuffer | undefined): Float32Array {
  if (buffer === undefined) return new Float32Array(0);
  const bytes =
    buffer instanceof ArrayBuffer
      ? buffer
      : buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
  return new Float32Array(bytes as ArrayBuffer, 0, Math.floor(bytes.byteLength / 4));
}
