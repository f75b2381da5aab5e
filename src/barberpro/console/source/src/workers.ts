/** The editors' workers, a file of this origin: the content security policy allows no `blob:` worker. */

import LanguageWorker from './language.worker?worker';

Object.assign(globalThis, {
  MonacoEnvironment: { getWorker: (_id: string, label: string) => new LanguageWorker({ name: label }) },
});
