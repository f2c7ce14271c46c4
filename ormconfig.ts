import { DataSource } from 'typeorm';
import { Settings } from './src/config/settings.js';
import { dataSourceOptions } from './src/database/data-source-options.js';
import { entities } from './src/entities.js';

/** For the TypeORM CLI (`npm run migration -- migration:show`): what the application connects with. */
export default new DataSource(dataSourceOptions(new Settings(process.env), entities, 'migration'));
