import { SettingsError } from '../../config/env-reader.js';
import { Settings } from '../../config/settings.js';
import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('settings');

/** The settings, where they have no fault, and what is to be said of them. */
export function readSettings(env: NodeJS.ProcessEnv): {
  settings: Settings | undefined;
  findings: Finding[];
} {
  try {
    const settings = new Settings(env);
    return { settings, findings: settings.isProduction ? loose(settings) : [development()] };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const mend = 'Mend it; the server does not start with it. Is this its environment?';
    return {
      settings: undefined,
      findings: error.faults.map((fault) => danger(`${fault}.`, mend)),
    };
  }
}

function development(): Finding {
  return advice(
    'NODE_ENV is not production: secrets lie beside the data, rates have no limits.',
    'Set NODE_ENV=production where others than you use it, and run this with the environment of the server.',
  );
}

function loose(settings: Settings): Finding[] {
  return [
    ...(settings.isRateLimited
      ? []
      : [advice('RATE_LIMIT is off: passwords may be guessed without a limit.', 'Leave it out.')]),
    ...(settings.isPasswordBlocklistOn
      ? []
      : [advice('PASSWORD_BLOCKLIST is off: easy passwords are taken.', 'Leave it out.')]),
  ];
}
