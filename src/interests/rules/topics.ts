/**
 * The topics that a reader may choose from: edit this list freely. A paper is about a topic when its title or a keyword of it
 * holds one of the phrases, when its abstract does so twice (or two of them once), or when arXiv lists it first under one of the
 * categories. Phrases are compared by stems, so that `language model` also finds "language models".
 */
export interface Topic {
  /** Stays the same for ever: readers' choices hold it. Lower case, digits and hyphens. */
  id: string;
  name: string;
  /** arXiv categories that are about nothing else. */
  categories: readonly string[];
  phrases: readonly string[];
}

const topic = (id: string, name: string, phrases: string, ...categories: string[]): Topic => ({
  id,
  name,
  categories,
  phrases: phrases.split(',').map((phrase) => phrase.trim()),
});

export const TOPICS: readonly Topic[] = [
  topic(
    'language-models',
    'Language models',
    'language model, LLM, LLMs, pretraining corpus, instruction tuning, next token prediction',
  ),
  topic(
    'reasoning',
    'Reasoning',
    'reasoning, chain of thought, theorem proving, mathematical problem, test time compute, test time scaling',
  ),
  topic(
    'agents',
    'Agents and tool use',
    'agent, agents, agentic, tool use, tool calling, computer use, web navigation, function calling',
  ),
  topic(
    'alignment',
    'Alignment and preference learning',
    'alignment, RLHF, preference optimization, reward model, DPO, constitutional AI, human feedback',
  ),
  topic(
    'safety',
    'Safety and security',
    'jailbreak, red teaming, adversarial attack, backdoor, prompt injection, watermark, harmful content, AI safety',
    'cs.CR',
  ),
  topic(
    'interpretability',
    'Interpretability',
    'interpretability, mechanistic, sparse autoencoder, probing, explainability, circuits, attribution',
  ),
  topic(
    'reinforcement-learning',
    'Reinforcement learning',
    'reinforcement learning, policy gradient, PPO, GRPO, offline RL, Q learning, verifiable reward',
  ),
  topic(
    'image-generation',
    'Image generation and editing',
    'image generation, text to image, image editing, diffusion model, flow matching, image synthesis, inpainting',
  ),
  topic(
    'video',
    'Video generation and understanding',
    'video generation, text to video, video understanding, video diffusion, video editing, long video',
  ),
  topic(
    'vision',
    'Computer vision',
    'object detection, segmentation, image classification, visual recognition, depth estimation, tracking, optical flow',
    'cs.CV',
  ),
  topic(
    'vision-language',
    'Vision and language',
    'vision language, multimodal, MLLM, VLM, visual question answering, image captioning, visual reasoning',
  ),
  topic(
    '3d',
    '3D and graphics',
    'gaussian splatting, NeRF, 3D reconstruction, 3D generation, mesh, point cloud, novel view synthesis, neural rendering',
    'cs.GR',
  ),
  topic(
    'robotics',
    'Robotics and embodied AI',
    'robot, robotic, manipulation, embodied, vision language action, diffusion policy, locomotion, sim to real',
    'cs.RO',
  ),
  topic(
    'world-models',
    'World models and simulation',
    'world model, world simulator, video world model, game engine, model based planning, interactive environment',
  ),
  topic(
    'speech-audio',
    'Speech, audio and music',
    'speech, audio, text to speech, speech recognition, music generation, voice, spoken',
    'cs.SD',
    'eess.AS',
  ),
  topic(
    'efficiency',
    'Efficient training and inference',
    'quantization, pruning, distillation, KV cache, speculative decoding, mixture of experts, sparse attention, inference acceleration',
  ),
  topic(
    'long-context',
    'Memory, retrieval and long context',
    'retrieval augmented, RAG, long context, context window, retrieval, memory, dense retrieval, reranking',
    'cs.IR',
  ),
  topic(
    'code',
    'Code and software engineering',
    'code generation, program synthesis, software engineering, SWE bench, code model, program repair, coding agent',
    'cs.SE',
    'cs.PL',
  ),
  topic(
    'architectures',
    'Architectures and theory',
    'state space model, Mamba, attention mechanism, transformer architecture, linear attention, scaling law, positional encoding, generalization bound',
    'stat.ML',
  ),
  topic(
    'data-evaluation',
    'Datasets, benchmarks and evaluation',
    'benchmark, evaluation suite, dataset curation, synthetic data, data selection, leaderboard, LLM as a judge',
  ),
  topic(
    'science',
    'Science and biology',
    'protein, molecule, drug discovery, material, weather, genomic, scientific discovery, single cell',
    'q-bio.BM',
    'physics.chem-ph',
  ),
  topic(
    'health',
    'Medicine and health',
    'medical, clinical, radiology, patient, pathology, diagnosis, healthcare',
    'q-bio.QM',
  ),
  topic(
    'graphs-tables',
    'Graphs, tables and time series',
    'graph neural network, knowledge graph, time series, tabular, forecasting, recommendation, recommender',
    'cs.DB',
  ),
  topic(
    'society',
    'People, language and society',
    'bias, fairness, multilingual, low resource language, education, human AI collaboration, social simulation, machine translation',
    'cs.CY',
    'cs.HC',
  ),
];
