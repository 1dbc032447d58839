/**
 * OpenAlgo's tables, as far as Tickwire or a person who looks into the embedded database needs them, with all their
 * columns and indexes, so that whatever reads an OpenAlgo database reads ours.
 */

/** Tables that a database must have to be read. */
export const REQUIRED_TABLES = ['auth', 'api_keys', 'symtoken'] as const;

export const OPENALGO_SCHEMA = `
CREATE TABLE auth (
  id INTEGER NOT NULL PRIMARY KEY,
  name VARCHAR(255) NOT NULL UNIQUE,
  auth TEXT NOT NULL,
  feed_token TEXT,
  broker VARCHAR(20) NOT NULL,
  user_id VARCHAR(255),
  is_revoked BOOLEAN,
  secret_api_key TEXT,
  primary_ip VARCHAR(45),
  secondary_ip VARCHAR(45),
  ip_updated_at DATETIME,
  aux_param1 TEXT,
  aux_param2 TEXT,
  aux_param3 TEXT,
  aux_param4 TEXT
);
CREATE INDEX idx_auth_broker ON auth (broker);
CREATE INDEX idx_auth_user_id ON auth (user_id);
CREATE INDEX idx_auth_is_revoked ON auth (is_revoked);

CREATE TABLE api_keys (
  id INTEGER NOT NULL PRIMARY KEY,
  user_id VARCHAR NOT NULL UNIQUE,
  api_key_hash TEXT NOT NULL,
  api_key_encrypted TEXT NOT NULL,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
  order_mode VARCHAR(20) DEFAULT 'auto'
);

CREATE TABLE users (
  id INTEGER NOT NULL PRIMARY KEY,
  username VARCHAR(80) NOT NULL UNIQUE,
  email VARCHAR(120) NOT NULL UNIQUE,
  password_hash VARCHAR(255) NOT NULL,
  totp_secret VARCHAR(255),
  is_admin BOOLEAN,
  totp_enabled BOOLEAN,
  totp_required_for_login BOOLEAN,
  totp_required_for_mcp BOOLEAN,
  totp_required_for_password_reset BOOLEAN
);

CREATE TABLE settings (
  id INTEGER NOT NULL PRIMARY KEY,
  analyze_mode BOOLEAN DEFAULT 0,
  smtp_server VARCHAR(255),
  smtp_port INTEGER,
  smtp_username VARCHAR(255),
  smtp_password_encrypted TEXT,
  smtp_use_tls BOOLEAN DEFAULT 1,
  smtp_from_email VARCHAR(255),
  smtp_helo_hostname VARCHAR(255),
  security_auto_ban_enabled BOOLEAN DEFAULT 1,
  security_404_threshold INTEGER DEFAULT 20,
  security_404_ban_duration INTEGER DEFAULT 24,
  security_api_threshold INTEGER DEFAULT 10,
  security_api_ban_duration INTEGER DEFAULT 48,
  security_repeat_offender_limit INTEGER DEFAULT 3
);

CREATE TABLE symtoken (
  id INTEGER NOT NULL PRIMARY KEY,
  symbol VARCHAR NOT NULL,
  brsymbol VARCHAR NOT NULL,
  name VARCHAR,
  exchange VARCHAR,
  brexchange VARCHAR,
  token VARCHAR,
  expiry VARCHAR,
  strike FLOAT,
  lotsize INTEGER,
  instrumenttype VARCHAR,
  tick_size FLOAT,
  contract_value FLOAT
);
CREATE INDEX ix_symtoken_symbol ON symtoken (symbol);
CREATE INDEX ix_symtoken_brsymbol ON symtoken (brsymbol);
CREATE INDEX ix_symtoken_exchange ON symtoken (exchange);
CREATE INDEX ix_symtoken_brexchange ON symtoken (brexchange);
CREATE INDEX ix_symtoken_token ON symtoken (token);
CREATE INDEX idx_symbol_exchange ON symtoken (symbol, exchange);
CREATE INDEX idx_symbol_name ON symtoken (symbol, name);
CREATE INDEX idx_brsymbol_exchange ON symtoken (brsymbol, exchange);

CREATE TABLE master_contract_status (
  broker VARCHAR NOT NULL PRIMARY KEY,
  status VARCHAR,
  message VARCHAR,
  last_updated DATETIME,
  total_symbols VARCHAR,
  is_ready BOOLEAN,
  last_download_time DATETIME,
  download_date DATE,
  exchange_stats TEXT,
  download_duration_seconds INTEGER
);
`;
