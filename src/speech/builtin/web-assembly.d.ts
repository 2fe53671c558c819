/** What we use of WebAssembly: Node's types have it from a later version on, and TypeScript only among the browser's. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, (...values: never[]) => number>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    private constructor();
    /** Another one after the memory has grown. */
    readonly buffer: ArrayBuffer;
  }
}
