"""A payments pipeline: Kafka to a raw lake (Spark), to a warehouse, to curated payments."""
