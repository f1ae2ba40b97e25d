{#- What the verdict on a claim rests on, or why there is none, by the code in a column: in
    English (0), Portuguese (1) or Spanish (2). -#}
{% macro claim_why(why, language) -%}
    {%- set whys = {
        'drawn_by_lot': [
            'Who was treated was drawn by lot: nothing else sets the two apart.',
            'Quem recebeu o tratamento foi sorteado: nada mais distingue os dois grupos.',
            'Quién recibió el tratamiento se sorteó: nada más distingue a los dos grupos.',
        ],
        'among_like': [
            'Compared among like, not by lot: what made some differ may be what made the difference.',
            'Comparado entre semelhantes, sem sorteio: o que os fez diferir pode explicar a diferença.',
            'Comparado entre similares, sin sorteo: lo que los hizo distintos puede explicar la diferencia.',
        ],
        'ranked': [
            'That the first pay more often shows that they are found, not that calling them first brings more.',
            'Que os primeiros paguem mais mostra que são encontrados, não que contatá-los antes traga mais.',
            'Que los primeros paguen más muestra que se los encuentra, no que llamarlos antes aporte más.',
        ],
        'said_or_done': [
            'What customers chose, or answered to, of what they were offered: no survey of all channels.',
            'O que os clientes escolheram, ou a que responderam, do que lhes foi oferecido.',
            'Lo que los clientes eligieron, o a lo que respondieron, de lo que se les ofreció.',
        ],
        'one_brand': [
            'All agreements are under one kind of brand: what is offered does not say what is preferred.',
            'Todos os acordos são de um só tipo de marca: o que se oferece não diz o que se prefere.',
            'Todos los acuerdos son de un solo tipo de marca: lo que se ofrece no dice lo que se prefiere.',
        ],
        'before_and_after': [
            'Before and after, nobody was left without it: nothing tells it from whatever else changed.',
            'Antes e depois, ninguém ficou sem ele: nada o separa do mais que mudou.',
            'Antes y después, nadie quedó sin él: nada lo separa de lo demás que cambió.',
        ],
        'too_few': [
            'Too few customers, or too few alike on both sides, to tell.',
            'Há poucos clientes, ou poucos semelhantes nos dois lados, para dizer.',
            'Hay muy pocos clientes, o muy pocos similares en ambos lados, para decirlo.',
        ],
        'nothing_to_compare': [
            'There is nothing to compare: what it takes was not delivered, or its days are not over.',
            'Não há o que comparar: o necessário não foi entregue, ou o prazo não terminou.',
            'No hay qué comparar: lo necesario no se entregó, o el plazo no ha terminado.',
        ],
    } -%}
    case coalesce({{ why }}, 'nothing_to_compare')
        {%- for code, sentences in whys.items() %}
        when '{{ code }}' then {{ text(sentences[language]) }}
        {%- endfor %}
    end
{%- endmacro %}
