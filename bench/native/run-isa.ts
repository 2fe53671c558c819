/** Measures all that depends on the ISA, in a process of its own with TRUNKLINE_ISA set; prints JSON. */
import { addon } from '../../src/audio/addon.ts';
import { measureG711 } from './g711.ts';
import { measureResampler } from './resampler.ts';
import { measureReceive } from './wire.ts';

const timings = [...measureG711(), ...measureResampler(addon), ...measureReceive(addon)];
process.stdout.write(JSON.stringify({ isa: addon.activeIsa(), timings }));
