/**
 * A query that is compiled once and then filled in: to build one takes longer than to run it, and a call writes the same few
 * again with every answer.
 */
import type { CompiledQuery } from 'kysely';

/** Stands among a query's parameters for a value that comes later. */
class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  [Symbol.toPrimitive](): never {
    return refuse();
  }
}

/**
 * `build` sees each value under its own name, and may only pass it on as a parameter: one that asks what a value is throws
 * TypeError. It is called once, when first needed.
 */
export class QueryTemplate<Filled extends { readonly [Name in keyof Filled]: string | number | null }> {
  readonly #build: (values: Filled) => CompiledQuery;
  #compiled: CompiledQuery | null = null;

  constructor(build: (values: Filled) => CompiledQuery) {
    this.#build = build;
  }

  fill(values: Filled): CompiledQuery {
    this.#compiled ??= this.#build(SLOTS as Filled);
    const { parameters } = this.#compiled;
    return {
      ...this.#compiled,
      parameters: parameters.map((value) =>
        value instanceof Slot ? values[value.name as keyof Filled] : value,
      ),
    };
  }
}

function refuse(): never {
  throw new TypeError(
    'Expected a query that takes its values by name, received one that lists or compares them',
  );
}

const SLOTS: unknown = new Proxy(
  {},
  { get: (_target, name) => new Slot(String(name)), ownKeys: refuse, has: refuse },
);
