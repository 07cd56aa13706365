//! How names are made from others: kebab-case, resource names, route paths.
