/** Reads the values of `trunkline load`'s options; what is wrong is wrong usage. */
import { InvalidArgumentError } from 'commander';
import { ConfigError } from '../errors.ts';

export function countOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

export function millisecondsOption(text: string): number {
  return countOption(0, 60_000)(text);
}

/** A number at or above 0, or `off`: not asked. (A null would reach the command as an empty text.) */
export type Limit = number | 'off';

export function limitOption(text: string): Limit {
  if (text === 'off') return text;
  const value = /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0) return value;
  throw new InvalidArgumentError('Expected a number, or off.');
}

/** A reader that tells what is wrong by a ConfigError, as an option's. */
export function checked<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      if (error instanceof ConfigError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}
