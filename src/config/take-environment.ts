import { isSecret } from './secret-names.js';

/**
 * The environment, from which the secrets are gone afterwards: what runs later in this process, and
 * what it starts, does not find them there. (The kernel shows what a process was started with in
 * /proc/PID/environ, to its own user and to root, for as long as it runs.)
 */
export function takeEnvironment(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) if (isSecret(name)) delete process.env[name];
  return environment;
}
