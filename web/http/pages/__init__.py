"""The pages: a module a view gathers its facts, and all of them are rendered in one place."""
