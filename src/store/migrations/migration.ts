/** One step of the schema, forward only. A released step is never changed: the next one corrects it. */
export interface Migration {
  /** 1 and up, without gaps; the schema's version once it is applied. */
  readonly version: number;
  /** SQL statements, applied in one transaction with the version's change. One text for each engine: their types differ. */
  readonly sqlite: string;
  readonly postgres: string;
}
