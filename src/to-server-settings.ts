/** What the server is set to, as the configuration wants it. Part of the composition root. */
import { resolve } from 'node:path';
import type { Config } from './config.ts';
import type { ServerSettings } from './server/server-settings.ts';
import { readSessionKey } from './session-key.ts';

/** A start from warm prompts takes some two seconds from here on; Twilio waits for 15. */
const WARM_WAIT_MS = 4000;
const BYTES_PER_MB = 1024 * 1024;

/** `maxCalls`: as configured, or as measured. Throws ConfigError where the session's key cannot be kept. */
export function serverSettings(
  config: Config,
  { dataDir, maxCalls }: { readonly dataDir: string; readonly maxCalls: number },
): ServerSettings {
  return {
    publicUrl: config.publicUrl,
    streamUrl: config.STREAM_URL ?? null,
    authToken: config.TWILIO_AUTH_TOKEN ?? null,
    accountSid: config.TWILIO_ACCOUNT_SID ?? null,
    apiBaseUrl: config.TWILIO_API_BASE_URL,
    sessionKey: readSessionKey(config.SESSION_SECRET, dataDir),
    host: config.HOST,
    port: config.PORT,
    tls: tlsFiles(config),
    maxCalls,
    busyMessage: config.BUSY_MESSAGE,
    busyRedirectUrl: config.BUSY_REDIRECT_URL ?? null,
    callMaxSeconds: config.CALL_MAX_SECONDS,
    drainSeconds: config.DRAIN_SECONDS,
    warmWaitMs: WARM_WAIT_MS,
    workers: config.WORKERS,
    // The I/O thread wants a core of its own. Calls that wait for a vendor leave it one; a recognizer of ours takes all there are.
    hasReserve: config.speech.recognizers[0] !== 'builtin',
    workerStallMs: config.WORKER_STALL_MS,
    workerHeapLimitBytes: config.WORKER_MEMORY_MB * BYTES_PER_MB,
  };
}

function tlsFiles(config: Config): { certFile: string; keyFile: string } | null {
  if (config.TLS_CERT === undefined || config.TLS_KEY === undefined) return null;
  return { certFile: resolve(config.TLS_CERT), keyFile: resolve(config.TLS_KEY) };
}
