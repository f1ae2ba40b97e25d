PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test soak bench clients spark-test superset superset-test dev lint docs metrics

SIZES = 1,10
PARTS = limit,rivals,empty,growth,memory
SCRATCH = build/bench

run: $(BIN)/warehouse exports
	$(BIN)/warehouse run --exports exports --home home

test: lint
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not soak and not spark"

soak: $(BIN)/warehouse clients .venv-metricflow/bin/mf .venv-superset/installed .venv-bench/installed
	$(BIN)/pytest -m soak

bench: $(BIN)/warehouse .venv-bench/installed
	$(BIN)/python -m benchmarks --scratch $(SCRATCH) --sizes $(SIZES) --parts $(PARTS) $(if $(REPEATS),--repeats $(REPEATS)) $(if $(RIVALS),--rivals $(RIVALS))

clients: .venv-clients/pyvenv.cfg

superset: $(BIN)/warehouse .venv-superset/installed
	$(BIN)/python -m orchestration.superset.serving --home home $(if $(PORT),--port $(PORT)) $(if $(DATABASE),--database '$(DATABASE)')

superset-test: $(BIN)/warehouse .venv-superset/installed
	$(BIN)/pytest -m soak -s tests/test_superset.py

spark-test: .venv-spark/installed .venv-spark-cluster/installed
	@command -v java > /dev/null || { echo "There is no Java, which the cluster needs; on Debian: apt install openjdk-17-jre-headless"; exit 1; }
	.venv-spark/bin/pytest -m spark -s tests/test_spark.py tests/test_spark_texts.py

dev: $(BIN)/warehouse exports
	$(BIN)/warehouse dev --exports exports --home home

lint: $(BIN)/warehouse
	$(BIN)/ruff check && $(BIN)/ruff format --check && WAREHOUSE_FILE=:memory: $(BIN)/sqlfluff lint --quiet dbt_project

docs: $(BIN)/warehouse
	$(BIN)/python -m orchestration.kpi_pages && $(BIN)/python -m expectations.pages && $(BIN)/python -m orchestration.fault_page && $(BIN)/python -m orchestration.semantic_layer && $(BIN)/python -m orchestration.superset.bundle

metrics: .venv-metricflow/bin/mf
	mkdir -p semantic_layer/target && cd semantic_layer && ../.venv-metricflow/bin/dbt build --quiet --target build

exports: | $(BIN)/warehouse
	$(BIN)/warehouse sample --out exports --customers 3000 --months 12 --seed 7

$(BIN)/warehouse: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv && $(BIN)/pip install -q -r requirements.lock && $(BIN)/pip install -q --no-deps --no-build-isolation -e . && touch $@

.venv-clients/pyvenv.cfg: tests/clients.txt
	$(PYTHON) -m venv .venv-clients && .venv-clients/bin/pip install -q -r tests/clients.txt
	-npm install --silent --no-save --no-package-lock --prefix .venv-clients @duckdb/node-api@1.2.0-alpha.15
	touch $@

.venv-metricflow/bin/mf: semantic_layer/requirements.lock
	$(PYTHON) -m venv .venv-metricflow && .venv-metricflow/bin/pip install -q -r $< && touch $@

.venv-spark/installed: requirements.lock pyproject.toml tests/spark_client.txt
	$(PYTHON) -m venv .venv-spark && .venv-spark/bin/pip install -q -r requirements.lock -r tests/spark_client.txt && .venv-spark/bin/pip install -q --no-deps --no-build-isolation -e . && touch $@

# pip's whole Spark, apart: it and its client are both the package pyspark
.venv-spark-cluster/installed: tests/spark_cluster.txt
	$(PYTHON) -m venv .venv-spark-cluster && .venv-spark-cluster/bin/pip install -q -r $< && touch $@

.venv-superset/installed: orchestration/superset/requirements.txt
	$(PYTHON) -m venv .venv-superset && .venv-superset/bin/pip install -q -r $< && touch $@

.venv-bench/installed: benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench && .venv-bench/bin/pip install -q -r $< && touch $@
