/** For the TypeORM CLI on the sources, which needs no build (`npm run migration -- migration:show`). */
export { default } from './src/cli/data-source.js';
