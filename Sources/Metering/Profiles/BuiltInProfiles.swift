/// The servers known by heart, in the format of the user's own file. Each row is read only when a
/// server of its names is met, so a session pays for one row at most.
///
/// Names are those of packages, repositories and handshakes; where several servers share a name the
/// row says only what holds for each of them. Models stand here where a server's code names one
/// that its schema does not.
extension Profiles {
    static let rows: [StaticString] = [
        // haasonsaas and evalops; the second fork adds tools that ask no model.
        #"""
        {"profiles": [{
          "servers": ["deep-code-reasoning-mcp", "deep-code-reasoning"],
          "provider": "google",
          "model": "gemini-2.5-pro-preview-06-05",
          "model_env": [],
          "agent_id": "deep-code-reasoner",
          "surface": "deep-code-reasoning-mcp",
          "tools": {
            "escalate_analysis": {"calls_model": true, "event_type": "escalation", "reason":
              ["claude_context.stuck_description", "claudeContext.stuckDescription",
              "stuck_description"], "quality": [{"path": "findings.rootCauses.confidence",
              "take": "max"}, {"path": "status", "values": {"success": 0.5, "partial":
              0.25}}], "failure": {"path": "metadata.errorType", "types": {"RateLimitError":
              "rate_limit", "SessionError": "other"}}},
            "trace_execution_path": {"calls_model": true, "event_type": "analysis"},
            "hypothesis_test": {"calls_model": true, "event_type": "analysis", "reason":
              "hypothesis"},
            "cross_system_impact": {"calls_model": true, "event_type": "analysis"},
            "performance_bottleneck": {"calls_model": true, "event_type": "analysis",
              "reason": "code_path.suspected_issues"},
            "start_conversation": {"calls_model": true, "event_type": "conversation",
              "reason": ["claude_context.stuck_description", "claudeContext.stuckDescription",
              "stuck_description"], "conversation_result": "sessionId"},
            "continue_conversation": {"calls_model": true, "event_type": "conversation",
              "conversation_argument": ["session_id", "sessionId"], "gone": {"messages":
              ["not found or expired"], "messages_alone":
              ["is currently processing another request"]}},
            "finalize_conversation": {"calls_model": true, "event_type": "conversation",
              "conversation_argument": ["session_id", "sessionId"], "ends_conversation": true,
              "gone": {"messages": ["not found or expired"], "messages_alone":
              ["is currently processing another request"]},
              "quality": [{"path": "findings.rootCauses.confidence", "take": "max"}, {"path":
              "status", "values": {"success": 0.5, "partial": 0.25}}], "failure": {"path":
              "metadata.errorType", "types": {"RateLimitError": "rate_limit", "SessionError":
              "other"}}},
            "get_conversation_status": {"calls_model": false, "conversation_argument":
              ["session_id", "sessionId"], "gone": {"path": "status", "values":
              ["not_found", "abandoned"]}},
            "run_hypothesis_tournament": {"calls_model": true, "event_type": "analysis",
              "reason": ["claude_context.stuck_description", "claudeContext.stuckDescription",
              "stuck_description", "issue"], "quality": [{"path":
              "winner.overallConfidence"}], "model_calls": {"base": 1, "each":
              "rounds.results", "count": "explorationDepth", "plus": 1, "failed": {"path":
              "keyInsights", "values": ["Exploration encountered errors"]}}}
          },
          "no_model": ["configure_api_key", "get_setup_guide", "test_simple_tool",
            "debug_parameters", "health_check", "health_summary", "get_model_info",
            "get_available_models", "set_model"]
        }]}
        """#,
        // jamubc: asks the Gemini CLI, which answers with its own default model.
        #"""
        {"profiles": [{
          "servers": ["gemini-mcp-tool", "gemini-cli-mcp"],
          "provider": "google",
          "model": "gemini-2.5-pro",
          "model_env": [],
          "no_model": ["ping", "Ping", "Help", "help", "fetch-chunk", "timeout-test"],
          "tools": {
            "ask-gemini": {"model_argument": "model"},
            "brainstorm": {"model_argument": "model"}
          }
        }]}
        """#,
        // Lykhoyda: one package a command line; usage in `structuredContent`.
        #"""
        {"profiles": [{
          "servers": ["ask-gemini-mcp", "ask-gemini"],
          "provider": "google",
          "model_env": [],
          "no_model": ["ping", "get-usage-stats", "fetch-chunk", "diagnose"],
          "tools": {
            "ask-codex": {"provider": "openai"},
            "ask-ollama": {"provider": "ollama"},
            "ask-gemini": {"model_argument": "model", "conversation_argument": "sessionId",
              "conversation_result": "sessionId"},
            "*": {"conversation_argument": "sessionId", "conversation_result": "sessionId"}
          }
        }]}
        """#,
        #"""
        {"profiles": [{
          "servers": ["ask-codex-mcp", "ask-codex"],
          "provider": "openai",
          "model_env": ["ASK_CODEX_MODEL"],
          "no_model": ["ping", "get-usage-stats"]
        }]}
        """#,
        #"""
        {"profiles": [{
          "servers": ["ask-ollama-mcp", "ask-ollama"],
          "provider": "ollama",
          "no_model": ["ping", "get-usage-stats"]
        }]}
        """#,
        #"""
        {"profiles": [{
          "servers": ["ask-llm-mcp", "ask-llm"],
          "provider": "multi",
          "no_model": ["ping", "get-usage-stats"],
          "tools": {
            "ask-gemini": {"provider": "google"},
            "ask-codex": {"provider": "openai"},
            "ask-ollama": {"provider": "ollama"}
          }
        }]}
        """#,
        // DMontgomery40 and arikusi share a name.
        #"""
        {"profiles": [{
          "servers": ["deepseek-mcp-server", "deepseek-mcp"],
          "provider": "deepseek",
          "model_env": ["DEEPSEEK_DEFAULT_MODEL", "DEEPSEEK_MODEL"],
          "no_model": ["list_models", "get_user_balance", "deepseek_sessions"],
          "tools": {
            "chat_completion": {"model_argument": "model", "conversation_argument":
              ["conversation_id", "session_id"]},
            "deepseek_chat": {"model_argument": "model", "conversation_argument":
              ["conversation_id", "session_id"]},
            "*": {"conversation_argument": ["conversation_id", "session_id"]}
          }
        }]}
        """#,
        // stabgan: three counts in `_meta.usage`, no model.
        #"""
        {"profiles": [{
          "servers": ["openrouter-mcp-multimodal", "openrouter-multimodal-server",
            "openrouter-mcp-server"],
          "provider": "openrouter",
          "model_env": ["OPENROUTER_DEFAULT_MODEL"],
          "no_model": ["search_models", "get_model_info", "validate_model", "list_models"],
          "tools": {
            "chat_completion": {"model_argument": "model"},
            "analyze_image": {"model_argument": "model"}
          }
        }]}
        """#,
        // physics91: the provider's own JSON.
        #"""
        {"profiles": [{
          "servers": ["openrouter-mcp"],
          "provider": "openrouter",
          "no_model": ["list_available_models", "get_usage_stats", "compare_costs"],
          "tools": {
            "*": {"model_argument": ["request.model", "model"]}
          }
        }]}
        """#,
        // omar16100.
        #"""
        {"profiles": [{
          "servers": ["gemini-mcp-rust"],
          "provider": "google",
          "aliases": {"pro": "gemini-2.5-pro", "flash": "gemini-2.5-flash"},
          "models": ["pro", "flash"],
          "tools": {
            "gemini_query": {"model_argument": "model"}
          }
        }]}
        """#,
        // akiojin; also the name of several servers that return prose.
        #"""
        {"profiles": [{
          "servers": ["openai-mcp-server", "openai-server", "mcp-openai",
            "mcp-server-openai"],
          "provider": "openai",
          "no_model": ["list_models", "generate_image"],
          "tools": {
            "chat_completion": {"model": "gpt-4.1", "model_argument": "model"}
          }
        }]}
        """#,
        // Bob-lance, BrewMyTech, PKWadsy, libraz and others, told apart by their tools. Bob-
        // lance's schema promises grok-3-mini-beta; its code asks for another.
        #"""
        {"profiles": [{
          "servers": ["grok-mcp", "grok", "grok-mcp-server"],
          "provider": "xai",
          "no_model": ["check_files", "list_files", "upload_file", "delete_file",
            "grok_estimate_cost", "grok_list_models", "list_models", "get_api_key",
            "get_language_model"],
          "tools": {
            "chat_completion": {"model": "grok-2-latest", "model_argument": "model"},
            "function_calling": {"model": "grok-2-latest", "model_argument": "model"},
            "image_understanding": {"model": "grok-2-vision-latest", "model_argument":
              "model"},
            "grok_ask": {"model_argument": "model"},
            "ask_grok": {"model_argument": "model", "conversation_argument":
              ["previous_response_id", "response_id"]}
          }
        }]}
        """#,
        // djtelicloud.
        #"""
        {"profiles": [{
          "servers": ["unigrok", "unigrok-mcp", "grok-mcp-gateway"],
          "provider": "xai",
          "model_env": ["UNIGROK_MODEL", "UNIGROK_DEFAULT_MODEL"]
        }]}
        """#,
        // merterbak.
        #"""
        {"profiles": [{
          "servers": ["grok mcp server", "merterbak"],
          "provider": "xai",
          "no_model": ["list_models", "list_chat_sessions", "clear_chat_history",
            "get_chat_history"],
          "tools": {
            "stateful_chat": {"conversation_argument": ["response_id", "session"],
              "conversation_result": "response_id"}
          }
        }]}
        """#,
        // cuba6112, rawveg, NightTrek, paolodalprato, etnlbck and others.
        #"""
        {"profiles": [{
          "servers": ["ollama-mcp", "ollama-mcp-server", "mcp-ollama"],
          "provider": "ollama",
          "no_model": ["list", "list_models", "show", "pull", "push", "create", "copy",
            "cp", "rm", "delete", "serve", "ps", "list_local_models", "download_model",
            "remove_model", "local_llm_status", "ollama_list", "ollama_show", "ollama_pull",
            "ollama_push", "ollama_create", "ollama_copy", "ollama_delete", "ollama_ps",
            "ollama_health_check", "system_resource_check"],
          "tools": {
            "run": {"calls_model": true, "model_argument": ["name", "model"]}
          }
        }]}
        """#,
        // RLabs-Inc, houtini, emmron and others.
        #"""
        {"profiles": [{
          "servers": ["gemini-mcp", "gemini"],
          "provider": "google",
          "model_env": ["GEMINI_MODEL", "GEMINI_DEFAULT_MODEL", "GEMINI_PRO_MODEL"],
          "no_model": ["gemini-count-tokens", "gemini_list_models", "list_models",
            "gemini-create-cache", "gemini-list-caches", "gemini-delete-cache"]
        }]}
        """#,
        // aliargun.
        #"""
        {"profiles": [{
          "servers": ["mcp-server-gemini", "mcp-server-gemini-enhanced"],
          "provider": "google",
          "no_model": ["count_tokens", "list_models", "get_help"],
          "tools": {
            "generate_text": {"model": "gemini-2.5-flash", "model_argument": "model"},
            "analyze_image": {"model": "gemini-2.5-flash", "model_argument": "model"}
          }
        }]}
        """#,
        // bsmi021.
        #"""
        {"profiles": [{
          "servers": ["mcp-gemini-server", "gemini-mcp-server"],
          "provider": "google",
          "model_env": ["GOOGLE_GEMINI_MODEL", "GEMINI_MODEL"],
          "no_model": ["gemini_countTokens", "gemini_createCache", "gemini_listCaches",
            "gemini_getCache", "gemini_updateCache", "gemini_deleteCache"]
        }]}
        """#,
        // marmyx77.
        #"""
        {"profiles": [{
          "servers": ["gemini-mcp-pro"],
          "provider": "google",
          "no_model": ["gemini_list_files", "gemini_list_conversations"]
        }]}
        """#,
        // wynandw87.
        #"""
        {"profiles": [{
          "servers": ["claude-code-gemini-mcp"],
          "provider": "google"
        }]}
        """#,
        #"""
        {"profiles": [{
          "servers": ["claude-code-openai-mcp"],
          "provider": "openai"
        }]}
        """#,
        #"""
        {"profiles": [{
          "servers": ["claude-code-grok-mcp"],
          "provider": "xai"
        }]}
        """#,
        // hampsterx, eLyiN, tuannvm: the Gemini CLI behind.
        #"""
        {"profiles": [{
          "servers": ["gemini-mcp-bridge", "gemini-bridge"],
          "provider": "google",
          "model_env": [],
          "no_model": ["ping", "fetch-chunk"],
          "tools": {
            "consult_gemini": {"model_argument": "model"}
          }
        }]}
        """#,
        // Family-IT-Guy, jsonallen, DaInfernalCoder.
        #"""
        {"profiles": [{
          "servers": ["perplexity-mcp", "perplexity-mcp-server", "perplexity_mcp",
            "perplexity-server"],
          "provider": "perplexity",
          "model_env": ["PERPLEXITY_MODEL"]
        }]}
        """#,
        // The provider's own.
        #"""
        {"profiles": [{
          "servers": ["ai.perplexity/mcp-server", "perplexity-ai", "server-perplexity-ask",
            "mcp-server-perplexity-ask", "example-servers/perplexity-ask"],
          "provider": "perplexity",
          "model_env": [],
          "no_model": ["perplexity_search"],
          "tools": {
            "perplexity_ask": {"model": "sonar-pro"},
            "perplexity_research": {"model": "sonar-deep-research"},
            "perplexity_reason": {"model": "sonar-reasoning-pro"}
          }
        }]}
        """#,
        // BeehiveInnovations, later `pal`: many providers behind one server.
        #"""
        {"profiles": [{
          "servers": ["zen-mcp-server", "zen-server", "zen", "pal-mcp-server", "pal-server"],
          "provider": "multi",
          "model_env": ["DEFAULT_MODEL"],
          "no_model": ["listmodels", "version", "apilookup"],
          "tools": {
            "*": {"conversation_argument": "continuation_id", "conversation_result":
              ["continuation_offer.continuation_id", "continuation_id"]}
          }
        }]}
        """#,
        // OpenAI's own `codex mcp-server`: usage in `codex/event` notifications. tuannvm's wrapper
        // has the same name.
        #"""
        {"profiles": [{
          "servers": ["codex-mcp-server", "codex"],
          "provider": "openai",
          "model_env": ["CODEX_DEFAULT_MODEL"],
          "no_model": ["ping", "help", "listSessions"],
          "tools": {
            "codex": {"calls_model": true, "conversation_argument": "sessionId",
              "conversation_result": ["threadId", "conversationId"]},
            "codex-reply": {"calls_model": true, "conversation_argument": ["threadId",
              "conversationId"]}
          }
        }]}
        """#,
        // disler: the same prompt to several models.
        #"""
        {"profiles": [{
          "servers": ["just-prompt"],
          "provider": "multi",
          "model_env": ["DEFAULT_MODELS"],
          "no_model": ["list_providers", "list_models"]
        }]}
        """#,
    ]
}

extension Profiles {
    /// Every key the built-in rows go through, written out so that no row is read for it: the
    /// scanner must know them before the server has a name.
    package static let pathSegments: [String] = [
        "claudeContext", "claude_context", "code_path", "confidence", "continuation_id",
        "continuation_offer", "conversationId", "conversation_id", "errorType", "findings",
        "hypothesis", "issue", "metadata", "model", "name", "overallConfidence",
        "previous_response_id", "request", "response_id", "rootCauses", "rounds", "session",
        "sessionId", "session_id", "status", "stuckDescription", "stuck_description",
        "suspected_issues",
        "threadId", "winner",
    ]
    /// Those below others, written out likewise.
    package static let innerSegments: [String] = ["explorationDepth", "keyInsights", "results"]
}
