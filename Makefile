# Huitong 汇通. Everything that is done with this checkout; `make help` lists it.
# Needs Python 3.11 or newer and make. State: .venv/ (packages) and .huitong/ (data), both ignored.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,$(shell command -v $(name) 2>/dev/null)))
BIN := .venv/bin
LOCAL = $(BIN)/python -m deploy.local
PYTEST = $(BIN)/python -m pytest
# A file's tests share what it builds, so it goes to one process whole; the longest come first.
PROCESSES = -n logical --maxprocesses 4
SHARED_OUT = $(PROCESSES) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help environment up down status logs shell reset bootstrap production-check verify-data test \
	test-oidc test-delta-sharing test-s3 test-libreoffice test-schemathesis test-dcat-ap quick check lint types format \
	conformance rulebooks lock

help: ## This list 本列表
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

environment: ## The Python environment .venv, from requirements.lock 建立运行环境
	@test -n "$(PYTHON)" || { echo "No python3 is on the PATH: install Python 3.11 or newer."; exit 1; }
	@$(PYTHON) deploy/setup_environment.py

up: environment ## Start the whole platform, with example data; HUITONG_PORT=8080 启动平台
	@$(LOCAL) up

down: environment ## Stop it; the data stays 停止平台
	@$(LOCAL) down

status: environment ## Each process: state, memory, restarts 查看状态
	@$(LOCAL) status

logs: environment ## Follow the logs; p=catalog for one part 查看日志
	@$(LOCAL) logs $(p)

shell: environment ## A shell with the settings of one process; p=catalog 进入某进程的环境
	@$(LOCAL) shell $(p)

reset: environment ## Delete all data of this checkout's platform; asks, or FORCE=1 清除数据
	@$(LOCAL) reset $(if $(FORCE),--force)

bootstrap: environment ## Register first departments and administrators; file=departments.toml 登记首批部门与管理员
	@$(LOCAL) bootstrap $(file)

production-check: environment ## Every reason against production mode, at once 生产模式检查
	@$(LOCAL) production

verify-data: environment ## Every stored file against its digest, every lookup table counted 核对已存数据
	@$(LOCAL) verify

test: environment ## All tests, on servers of their own 全部测试
	@$(PYTEST) $(SHARED_OUT) -m "not external"

OIDC_PROVIDER = $(abspath $(or $(HUITONG_STATE),.huitong)/oidc-provider)
DELTA_SHARING = $(abspath $(or $(HUITONG_STATE),.huitong)/delta-sharing)
MOTO = $(abspath $(or $(HUITONG_STATE),.huitong)/moto)

test-oidc: environment ## Log-ins by npm's oidc-provider really running; needs Node.js 20 外部身份测试
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo "make test-oidc needs node and npm on the PATH: install Node.js 20 or newer."; exit 1; }
	@npm install --prefix $(OIDC_PROVIDER) --no-audit --no-fund --loglevel=error oidc-provider@9.13.3
	@OIDC_PROVIDER=$(OIDC_PROVIDER) $(PYTEST) tests/gateway/issuers/test_oidc_provider.py

test-delta-sharing: environment ## PyPI's delta-sharing reads a running platform; its own environment Delta Sharing 客户端测试
	@test -x $(DELTA_SHARING)/bin/python || $(PYTHON) -m venv $(DELTA_SHARING)
	@$(DELTA_SHARING)/bin/python -m pip install --quiet --disable-pip-version-check delta-sharing==1.4.2
	@DELTA_SHARING=$(DELTA_SHARING)/bin/python $(PYTEST) tests/journeys/test_delta_sharing.py

SCHEMATHESIS = $(abspath $(or $(HUITONG_STATE),.huitong)/schemathesis)

test-schemathesis: environment ## Thousands of requests made of the OpenAPI document, by each role 接口描述一致性测试
	@test -x $(SCHEMATHESIS)/bin/schemathesis || { $(PYTHON) -m venv $(SCHEMATHESIS) && \
		$(SCHEMATHESIS)/bin/pip install --quiet schemathesis==4.32.5; }
	@SCHEMATHESIS=$(SCHEMATHESIS)/bin/schemathesis $(PYTEST) tests/journeys/test_schemathesis.py

test-s3: environment ## Files in an object store, over HTTP: moto's server, or S3_ENDPOINT 对象存储测试
	@test -n "$(S3_ENDPOINT)" || { test -x $(MOTO)/bin/python || $(PYTHON) -m venv $(MOTO); \
		$(MOTO)/bin/python -m pip install --quiet --disable-pip-version-check "moto[s3,server]==5.2.5"; }
	@MOTO=$(MOTO)/bin/moto_server $(PYTEST) tests/exchange/test_objects.py

test-libreoffice: environment ## The offline workbook filled in by LibreOffice, installed here 离线工作簿测试
	@{ command -v soffice && /usr/bin/python3 -c "import uno"; } >/dev/null || \
		{ echo "make test-libreoffice needs Debian's libreoffice-calc and python3-uno."; exit 1; }
	@$(PYTEST) tests/catalog/test_libreoffice.py

test-dcat-ap: environment ## The public catalogue against shapes of others: SHAPES="a.ttl b.ttl" 公共目录规范测试
	@test -n "$(SHAPES)" || { echo "Say which: make test-dcat-ap SHAPES=\"path/to/dcat-ap-SHACL.ttl\""; exit 1; }
	@DCAT_AP_SHAPES="$(SHAPES)" $(PYTEST) tests/catalog/dcat_ap/test_official.py

quick: environment lint types ## Lint, types and the tests that need no server 快速检查
	@$(PYTEST) $(PROCESSES) --dist worksteal -m "not servers and not external"

check: environment lint types test ## What CI runs 完整检查

lint: environment ## Style 代码风格
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: environment ## Types 类型检查
	@$(BIN)/mypy .

format: environment ## Write the code as the house does 格式化代码
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

conformance: environment ## Write docs/conformance.md from the tests that pass 生成法规符合性表
	@$(PYTEST) $(SHARED_OUT) -m "not external" --conformance=docs/conformance.md

rulebooks: environment ## Check the rulebooks and show them article by article 检查规则库
	@$(BIN)/python -m shared.rulebooks

lock: ## Write requirements.lock anew from pyproject.toml (needs uv); UPGRADE=1 更新依赖锁
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH."; exit 1; }
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) \
		--extra embedded --extra dev pyproject.toml --output-file requirements.lock --quiet
