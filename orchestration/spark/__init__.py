"""The models built on Apache Spark, over Spark Connect.

Exports are loaded by DuckDB as ever. Their rows go to the cluster as Parquet, dbt builds there,
and what it built comes back into the warehouse file, from which all else is done.
"""
