import { DefaultNamingStrategy, NamingStrategyInterface } from 'typeorm';
import { snakeCase } from 'typeorm/util/StringUtils.js';

/** Tables and columns in snake_case; keys and indexes named by table and columns. */
export class SnakeNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override tableName(className: string, customName?: string): string {
    return customName ?? snakeCase(className);
  }

  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? snakeCase(propertyName);
  }

  override primaryKeyName(table: unknown): string {
    return `pk_${nameOf(table)}`;
  }

  override indexName(table: unknown, columns: string[]): string {
    return `ix_${nameOf(table)}_${columns.map(snakeCase).join('_')}`;
  }

  override foreignKeyName(table: unknown, columns: string[]): string {
    return `fk_${nameOf(table)}_${columns.map(snakeCase).join('_')}`;
  }
}

function nameOf(table: unknown): string {
  return typeof table === 'string' ? table : (table as { name: string }).name;
}
